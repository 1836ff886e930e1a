import type { QueuedEvent } from '../domain/api-keys-event.js';
import type { WebhookRecord } from '../domain/webhook.js';

/**
 * Events on their way to those that want them. The audit trail is the outbox: each receiver has a queue with a cursor, which says
 * up to which entry its events have been queued, and a delivery for each event that has not been taken yet.
 *
 * Every method settles within the deadline of the store and rejects with `ERR_API_KEYS_UNAVAILABLE` when the database
 * does not respond.
 */
export interface EventStore {
  /**
   * Declares the queue of code: adds one that begins after the last entry of the trail, without deliveries, or records when it was
   * declared the last time (`now`, epoch milliseconds) and changes nothing else. Committed when it resolves.
   */
  addQueue(id: string, now: number): Promise<void>;
  /**
   * Removes the queue of code; what was not delivered is left to {@link removeOrphans}, and no method shows it. Nothing happens unless it was declared at that time the last time, so that
   * a process which declares it meanwhile keeps it.
   *
   * @returns whether it was removed
   */
  removeQueue(id: string, declaredAt: number): Promise<boolean>;
  /** Every queue, ordered by id, with the webhook that it belongs to. */
  listQueues(): Promise<readonly EventQueue[]>;
  /**
   * Takes a queue for one process, or keeps it. Nothing happens unless its `beat` is still the one given, so only one of
   * several processes succeeds.
   *
   * @returns whether the queue belongs to the process now; its `beat` is one higher then
   */
  hold(id: string, holder: string, beat: number): Promise<boolean>;
  /** Gives up a queue, if this process has it. */
  release(id: string, holder: string): Promise<void>;
  /**
   * Adds deliveries and moves the cursor, both or neither. Nothing happens unless the cursor is at `from`.
   *
   * @returns whether it was moved
   */
  advance(step: QueueStep): Promise<boolean>;
  /** How many deliveries are waiting, counted up to `limit`. */
  countWaiting(queueId: string, limit: number): Promise<number>;
  /**
   * How many deliveries each of some subjects has: of those that wait, or of those that were put aside before any attempt.
   * Subjects without any are left out.
   */
  countBySubject(
    queueId: string,
    subjects: readonly string[],
    isAside: boolean,
  ): Promise<ReadonlyMap<string, number>>;
  /**
   * Waiting deliveries that are due and have no earlier one of the same subject that waits too; by their sequence numbers.
   * Those that were never attempted are due at once, and those that are due later than {@link maxDelayMs} from now as well: the clock
   * that they were queued by was ahead.
   *
   * @param now - epoch milliseconds
   */
  listDue(queueId: string, now: number, limit: number): Promise<readonly EventDelivery[]>;
  /** Records what came of attempts; what is not stored, or was attempted since, is passed over. */
  settle(queueId: string, results: readonly AttemptResult[]): Promise<void>;
  /** One page of deliveries, by their sequence numbers. */
  listDeliveries(query: DeliveryQuery): Promise<readonly EventDelivery[]>;
  /**
   * Lets dead deliveries wait again, as if they had never been attempted.
   *
   * @param sequences - which: a few hundred at most, those that are not dead are passed over
   * @param now - epoch milliseconds
   * @returns how many
   */
  replay(queueId: string, sequences: readonly number[], now: number): Promise<number>;
  /**
   * Deletes deliveries whose queue was removed, of a webhook or of code, at most `limit` of them. There may be any number of them, and
   * no other method touches them.
   *
   * @returns how many; fewer than `limit` when there are no more
   */
  removeOrphans(limit: number): Promise<number>;
  /**
   * Deletes deliveries that died before a time (epoch milliseconds), at most `limit` of them.
   *
   * @returns how many
   */
  prune(before: number, limit: number): Promise<number>;
  /** One webhook; `null` when there is none. */
  findWebhook(id: string): Promise<WebhookRecord | null>;
}

/** Longer than any attempt is put off, in milliseconds. */
export const maxDelayMs: number = 29 * 60 * 60 * 1000;

/** The queue of one receiver. */
export interface EventQueue {
  readonly id: string;
  /** The last entry of the trail whose event was queued. */
  readonly cursor: number;
  /** The last entry of the trail. */
  readonly head: number;
  /** Whether any delivery is waiting. */
  readonly hasWaiting: boolean;
  /** The process that works on it. */
  readonly holder: string | null;
  /** Incremented whenever its holder says that it is alive. */
  readonly beat: number;
  /** When a process declared it the last time, epoch milliseconds; `null` for webhooks, and when it is not known. */
  readonly declaredAt: number | null;
  /** `null` for the queue of code. */
  readonly webhook: WebhookRecord | null;
}

/** Moves a cursor. */
export interface QueueStep {
  readonly queueId: string;
  readonly from: number;
  readonly to: number;
  readonly events: readonly QueuedEvent[];
  /** Events that are put aside before any attempt: dead, with no attempts. */
  readonly dead?: {
    readonly events: readonly QueuedEvent[];
    /** Why. */
    readonly lastError: string;
  };
  /** When they are due, epoch milliseconds. */
  readonly dueAt: number;
}

/** An event that was not taken yet. */
export interface EventDelivery extends QueuedEvent {
  readonly attempts: number;
  /** When it is attempted next; when it died, once it is dead. Epoch milliseconds. */
  readonly dueAt: number;
  /** Whether it was given up. */
  readonly isDead: boolean;
  /** The HTTP status of the last attempt; `null` without an answer. */
  readonly lastStatus: number | null;
  /** What went wrong, in a few words; nothing of what the receiver answered. */
  readonly lastError: string | null;
}

/**
 * What came of one attempt: the event was taken, will be attempted again, or is given up. The id tells it from another event that
 * got its sequence number after a database was restored.
 */
export type AttemptResult =
  | (Pick<EventDelivery, 'sequence' | 'id'> & { readonly isTaken: true })
  | (Pick<EventDelivery, 'sequence' | 'id' | 'attempts' | 'dueAt' | 'isDead' | 'lastStatus' | 'lastError'> & {
      readonly isTaken: false;
    });

/** Which deliveries to list. */
export interface DeliveryQuery {
  readonly queueId: string;
  readonly isDead?: boolean | undefined;
  /** Only those that were put aside before any attempt. */
  readonly isAside?: true | undefined;
  /** Only those with a higher sequence number. */
  readonly after?: number | undefined;
  readonly limit: number;
}
