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
/** What can be stored by every database and shown by every log. */
const printable = /^[ -~]{1,100}$/;

/** Delivers events to code: what returns has taken the event, what throws has not. */
export function createCallbackDelivery(call: EventCallback): Deliver {
  return async (event, stopping) => {
    const ending = new AbortController();
    let isLate = false;
    const stop = (): void => ending.abort();
    // Not `AbortSignal.any`: what that adds to a signal that lives as long as the process stays with it.
    stopping.addEventListener('abort', stop, { once: true });
    if (stopping.aborted) stop();
    const timer = setTimeout(() => {
      isLate = true;
      stop();
    }, callMs);
    try {
      const { signal } = ending;
      await withDeadline(
        (async () => call(toApiKeysEvent(event), { signal }))(),
        callMs,
        'The callback of an event',
      );
      return { kind: 'taken' };
    } catch (error) {
      const reason = isLate ? 'took longer than 30 seconds' : describeThrown(error);
      return { kind: 'failed', status: null, error: reason };
    } finally {
      clearTimeout(timer);
      stopping.removeEventListener('abort', stop);
    }
  };
}

/** The name only: the message is the app's, and this is stored and shown to admins. What was thrown may be anything, also what throws when it is read. */
function describeThrown(error: unknown): string {
  try {
    if (!(error instanceof Error)) return 'threw a value that is no Error';
    const name: unknown = error.name;
    return typeof name === 'string' && printable.test(name) ? `threw ${name}` : 'threw an Error';
  } catch {
    return 'threw a value that cannot be read';
  }
}
