import type { QueuedEvent } from '../domain/api-keys-event.js';

/** What came of an attempt to deliver an event. */
export type AttemptOutcome =
  | { readonly kind: 'taken' }
  /** Not taken; `gone`: the receiver wants no more events. */
  | {
      readonly kind: 'failed' | 'gone';
      /** The HTTP status; `null` without an answer. */
      readonly status: number | null;
      /** What went wrong, in a few words, without anything that the receiver has written. */
      readonly error: string;
      /** How long the receiver wants not to be asked again, in milliseconds. Default: 0. */
      readonly retryAfterMs?: number;
      /** Whether other events would fail as well: the receiver is not reached, or takes nothing now. Default: `false`. */
      readonly isReceiverDown?: boolean;
    };

/**
 * Delivers one event. Never rejects.
 *
 * @param signal - aborted when this process stops
 */
export type Deliver = (event: QueuedEvent, signal: AbortSignal) => Promise<AttemptOutcome>;
