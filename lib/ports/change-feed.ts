import type { Change } from '../domain/key-change.js';
import { firstAuditHash } from './audit-chain.js';

/**
 * The changes of all processes in commit order, and the list of the processes that follow them. It is the audit
 * trail, read forwards: a sequence number never appears after a higher one, and there are no gaps.
 *
 * Every method settles within the deadline of the store and rejects with `ERR_API_KEYS_UNAVAILABLE` when the database
 * does not respond.
 */
export interface ChangeFeed {
  /**
   * Registers a process on the list, with `beat` 0. Committed when it resolves; does nothing when the process is
   * listed. It waits for a change that is in progress, so that each process was on the list when a change began, or
   * finds the change in the feed.
   */
  join(instance: Pick<Instance, 'id' | 'acked' | 'leaseMs'>): Promise<void>;
  /** Deregisters a process, at its clean end. */
  leave(instanceId: string): Promise<void>;
  /**
   * Records that a listed process is alive and what it has applied, and returns the changes after that. The list is
   * written before the changes are read, or in the same step: a process that was taken off the list before gets
   * `isListed` false, and everything that was committed before that is among the changes of a later beat.
   *
   * A beat is a write, and it resolves when that is committed: it proves that this is the database which accepts
   * changes. No read is trusted without one, so on a server that answers only reads it must reject.
   *
   * @param applied - the last change that the process has applied. It is recorded as acknowledged only when that very
   * entry exists: sequence numbers of a database that was restored or failed over since say nothing about the changes
   * to come
   * @param limit - the maximum number of changes to return; when that many are returned, there may be more
   */
  beat(instanceId: string, applied: FeedPosition, limit: number): Promise<BeatAnswer>;
  /** The last `limit` changes, oldest first. */
  latest(limit: number): Promise<readonly FeedChange[]>;
  /**
   * The sequence number of the last change, 0 before the first. It must be cheap, because it is read many times a
   * second.
   */
  lastSequence(): Promise<number>;
  /** The committed list of processes. */
  instances(): Promise<readonly Instance[]>;
  /** Deregisters a process if it has not beaten since; returns whether it did. Committed when it resolves. */
  remove(instance: Pick<Instance, 'id' | 'beat'>): Promise<boolean>;
  /**
   * Records the place that a listed process shares with others, and grants it to record signatures there, in a
   * transaction that runs in one process at a time. The place that was granted last is granted again; another one
   * only when no other listed process that accepts signatures is anywhere else. Committed when it resolves.
   */
  claimPlace(claim: PlaceClaim): Promise<PlaceAnswer>;
  /**
   * Calls back when there may be new changes. Only a hint: it may come without a change, late, or never. Never
   * rejects and never throws; the connections that it opens come back by themselves after an outage and keep no
   * process alive.
   *
   * @param onLost - called when what is watched is not the database any more that was opened: a file that was replaced
   */
  watch(onHint: () => void, onLost?: () => void): FeedWatch;
}

/** A running watch. */
export interface FeedWatch {
  /** `push` while the database itself notifies of changes, `poll` while it is polled. */
  mode(): 'push' | 'poll';
  /** Whether it sends nothing to a server, so that it goes on while the process is quiet. Default: `false`. */
  readonly isLocal?: boolean | undefined;
  stop(): Promise<void>;
}

/** A position in the feed: the sequence number of a change, and its chain hash, which identifies the history. */
export interface FeedPosition {
  readonly sequence: number;
  readonly hash: string;
}

/** Before the first change. */
export const startOfFeed: FeedPosition = { sequence: 0, hash: firstAuditHash };

/** One committed change. */
export type FeedChange = Change & {
  /** Its place in commit order: 1, 2, 3 … */
  readonly sequence: number;
  /** The chain hash of its audit entry, which reveals a restored database. */
  readonly hash: string;
};

/** One process that follows the feed. */
export interface Instance {
  /** Random, new at each start. */
  readonly id: string;
  /** Incremented by each beat. */
  readonly beat: number;
  /**
   * It has applied every change up to this sequence number. It never decreases, and never is a number that no change
   * has yet, because that would say nothing about the change that will have it.
   */
  readonly acked: number;
  /** How long after a beat it may use its caches, in milliseconds. */
  readonly leaseMs: number;
  /** The place that it shares with others; `null` while that is unknown. */
  readonly place: string | null;
}

/** The place where a process would record signatures and count limits. */
export interface PlaceClaim {
  readonly instanceId: string;
  /** The same for all processes that use it; up to 100 characters. */
  readonly place: string;
  /** With `false`, the place is only recorded. */
  readonly takesSignatures: boolean;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** The result of a claim. */
export interface PlaceAnswer {
  /** `false` when the process was taken off the list; then nothing was written. */
  readonly isListed: boolean;
  /**
   * Since when all signatures are recorded there: 0 when they were never anywhere else, otherwise the `now` of the
   * claim that was granted first; `null` when it was not granted, or not requested.
   */
  readonly since: number | null;
}

/** The result of a beat. */
export interface BeatAnswer {
  /**
   * `false` when the process was taken off the list, or this is not the database that others use now. Then it has to
   * join again, and the other fields are meaningless.
   */
  readonly isListed: boolean;
  /**
   * `false` when there is no entry with the sequence number and the hash of `applied`: the history of the database
   * has changed.
   */
  readonly isKnown: boolean;
  /** The changes after `applied`, oldest first. */
  readonly changes: readonly FeedChange[];
  /**
   * The process whose id follows in the order of the database, the first one after the last: each process watches one,
   * so that a process that has died is noticed and yet no process reads the whole list. `null`: there is no other one.
   * `undefined`: the store does not say, and the list is read once a second.
   */
  readonly next?: ListedBeat | null | undefined;
}

/** How often a listed process has beaten. */
export type ListedBeat = Pick<Instance, 'id' | 'beat' | 'leaseMs'>;
