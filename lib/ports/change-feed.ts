import type { AuditAction } from '../domain/audit-entry.js';
import { firstAuditHash } from './audit-chain.js';

/**
 * The changes of all processes in the order in which they were committed, and the list of the processes that follow
 * them. It is the audit trail, read forwards: a number never appears after a higher one, and none is left out.
 *
 * Every method settles within the deadline of the store and rejects with `ERR_API_KEYS_UNAVAILABLE` when the database
 * does not answer.
 */
export interface ChangeFeed {
  /**
   * Puts a process on the list, with `beat` 0. Committed when it resolves; does nothing for one that is listed. It waits
   * for a change that is under way: each process was on the list when a change began, or finds the change in the feed.
   */
  join(instance: Pick<Instance, 'id' | 'acked' | 'leaseMs'>): Promise<void>;
  /** Takes a process off the list, at its clean end. */
  leave(instanceId: string): Promise<void>;
  /**
   * Says that a listed process is alive and what it has applied, and returns what came after. The list is written before
   * the changes are read, or in one and the same step: whoever took the process off the list before sees `isListed`
   * false, and everything that was committed before that is among the changes of a later beat.
   *
   * A beat is a write, and it resolves when that is committed: it proves that this is the database which takes changes. No
   * read is believed without one, so a server that answers reads only must make it reject.
   *
   * @param applied - what the process has applied last. It is only taken down as acknowledged when that very entry is
   * there: numbers of a database that was restored since, or failed over, say nothing about the changes to come
   * @param limit - most changes to return; that many may mean that there are more
   */
  beat(instanceId: string, applied: FeedPosition, limit: number): Promise<BeatAnswer>;
  /** The last `limit` changes, oldest first. */
  latest(limit: number): Promise<readonly FeedChange[]>;
  /** The number of the last change, 0 before the first. Cheap: it is asked many times a second. */
  lastSequence(): Promise<number>;
  /** The processes on the list, as committed. */
  instances(): Promise<readonly Instance[]>;
  /** Takes a process off the list if it has not beaten since; whether it did. Committed when it resolves. */
  remove(instance: Pick<Instance, 'id' | 'beat'>): Promise<boolean>;
  /**
   * Writes down where a listed process shares things with others, and grants it to remember signatures there, in one
   * transaction that one process at a time is in. Granted is what was granted last; something else only when no other
   * listed process that takes signatures is anywhere else. Committed when it resolves.
   */
  claimPlace(claim: PlaceClaim): Promise<PlaceAnswer>;
  /**
   * Calls back when there may be new changes. Only a hint: it may come for nothing, late, or never. Never rejects and
   * never throws; what it opens comes back by itself after an outage and keeps no process alive.
   */
  watch(onHint: () => void): FeedWatch;
}

/** A watch that is running. */
export interface FeedWatch {
  /** `push` while the database itself says when there is something new, `poll` while it is asked again and again. */
  mode(): 'push' | 'poll';
  stop(): Promise<void>;
}

/** A place in the feed: the number of a change, and its chain hash, by which the database is known again. */
export interface FeedPosition {
  readonly sequence: number;
  readonly hash: string;
}

/** Before the first change. */
export const startOfFeed: FeedPosition = { sequence: 0, hash: firstAuditHash };

/** One committed change. */
export interface FeedChange {
  /** Its place in commit order: 1, 2, 3 … */
  readonly sequence: number;
  readonly keyId: string;
  /** The key's version after the change. */
  readonly keyVersion: number;
  readonly action: AuditAction;
  /** The chain hash of its audit entry, by which a restored database is noticed. */
  readonly hash: string;
}

/** One process that follows the feed. */
export interface Instance {
  /** Random, new at each start. */
  readonly id: string;
  /** One more with each beat. */
  readonly beat: number;
  /**
   * It has applied every change up to this number. Never goes back, and is never a number that no change has yet: that
   * says nothing about the change that will have it.
   */
  readonly acked: number;
  /** How long after a beat it may go on using what it holds, in milliseconds. */
  readonly leaseMs: number;
  /** Where it shares things with others; `null` as long as that is not known. */
  readonly place: string | null;
}

/** Where a process would remember signatures and count limits. */
export interface PlaceClaim {
  readonly instanceId: string;
  /** The same for all that look there; up to 100 characters. */
  readonly place: string;
  /** `false`: it is only written down. */
  readonly takesSignatures: boolean;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** What came of a claim. */
export interface PlaceAnswer {
  /** `false`: the process was taken off the list; nothing was written. */
  readonly isListed: boolean;
  /**
   * Since when all signatures are remembered there: 0 when they were never anywhere else, otherwise the `now` of the claim
   * that was granted first; `null` when it was not granted, or not asked for.
   */
  readonly since: number | null;
}

/** What a beat returns. */
export interface BeatAnswer {
  /**
   * `false`: the process was taken off the list, or this is not the database that others use now. It has to join again;
   * nothing else in the answer counts then.
   */
  readonly isListed: boolean;
  /** `false`: there is no entry with the number and the hash of `applied`; this is not the database that it was. */
  readonly isKnown: boolean;
  /** What came after `applied`, oldest first. */
  readonly changes: readonly FeedChange[];
}
