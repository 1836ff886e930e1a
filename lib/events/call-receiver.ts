import { withDeadline } from '../deadline.js';
import { toApiKeysEvent, type ApiKeysEvent } from '../domain/api-keys-event.js';
import type { Deliver } from './attempt.js';

/** Code of the app that gets events. */
export type EventCallback = (
  event: ApiKeysEvent,
  /** `signal` is aborted when this process stops, or the call has taken too long. */
  context: { readonly signal: AbortSignal },
) => void | Promise<void>;

/** How long one call may take, in milliseconds. */
const callMs = 30_000;

/** Delivers events to code: what returns has taken the event, what throws has not. */
export function createCallbackDelivery(call: EventCallback): Deliver {
  return async (event, stopping) => {
    const late = AbortSignal.timeout(callMs);
    const signal = AbortSignal.any([stopping, late]);
    try {
      await withDeadline(
        (async () => call(toApiKeysEvent(event), { signal }))(),
        callMs,
        'The callback of an event',
      );
      return { kind: 'taken' };
    } catch (error) {
      // The name only: the message is the app's, and is stored and shown to admins.
      const reason = late.aborted ? 'took longer than 30 seconds' : describeThrown(error);
      return { kind: 'failed', status: null, error: reason };
    }
  };
}

function describeThrown(error: unknown): string {
  return error instanceof Error ? `threw ${error.name.slice(0, 100)}` : 'threw a value that is no Error';
}
