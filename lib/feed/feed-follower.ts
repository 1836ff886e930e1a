import { randomUUID } from 'node:crypto';
import { withDeadline } from '../deadline.js';
import { FailureLog } from '../domain/failure-log.js';
import { ApiKeysError, isProblem } from '../errors.js';
import {
  startOfFeed,
  type ChangeFeed,
  type FeedChange,
  type FeedPosition,
  type ListedBeat,
} from '../ports/change-feed.js';
import type { Logger } from '../ports/logger.js';
import type { Lease } from './lease.js';

/** Applies the changes that the follower reads. No method may fail. */
export interface ChangeTarget {
  /** Everything cached before is invalid. The changes from now on follow `history`, the last changes before them. */
  restart(history: readonly FeedChange[]): void;
  /** Called for every change, in order, without gaps. */
  apply(change: FeedChange): void;
  /**
   * Resolves when nothing is being written any more that the applied changes have erased: within the deadline of the store. Changes
   * are acknowledged only then.
   */
  settle(): Promise<void>;
}

/** The feed, and what is driven by it. */
export interface FollowerParts {
  readonly feed: ChangeFeed;
  readonly lease: Lease;
  readonly target: ChangeTarget;
  /** Called when the process goes back on the list after a quiet time. Must not throw. */
  readonly onRoused?: (() => void) | undefined;
  /** Called after each beat with the process that is watched; see `BeatAnswer.next`. Must not throw. */
  readonly onBeat?: ((next: ListedBeat | null | undefined) => void) | undefined;
  readonly logger: Logger;
}

/** The maximum number of changes that one beat returns. */
const pageSize = 500;
/** How many of the last changes are loaded at the start, so that copies from before it can be compared with them. */
const loadedAtStart = 1_000;
/**
 * How often joining is tried at the start. It waits for the change in progress, and the database ends a change whose
 * process is stalled only after a while; that is no reason for another process not to start.
 */
const joinAttempts = 4;
/** Beats in one lease. */
const beatsPerLease = 4;
/** How often leaving the list is tried. */
const leaveAttempts = 2;
/** How long a request waits for the lease, in milliseconds: no longer than for a key that has to be read. */
const renewalDeadlineMs = 700;

/**
 * Follows the feed: beats once a second, or when woken, applies the changes after the last beat, and acknowledges
 * them at once with the next beat. The lease is renewed only by a beat all of whose changes are applied.
 */
export class FeedFollower {
  readonly #parts: FollowerParts;
  #instanceId = randomUUID();
  #applied: FeedPosition = startOfFeed;
  #hasJoined = false;
  #settled: FeedPosition = startOfFeed;
  #timer: NodeJS.Timeout | null = null;
  #following: Promise<void> | null = null;
  #isWoken = false;
  #isStopped = false;
  /** Off the list until the lease is needed. */
  #isQuiet = false;
  /** Whether the row of the last quiet time is known to be removed. */
  #hasLeft = false;
  /** The leave of the last quiet time, while it is under way. */
  #leaving: Promise<void> = Promise.resolve();
  /** Whether it has to be put on the list before the next beat. */
  #mustJoin = false;
  /** Changes when a quiet time begins: what was under way before renews nothing and goes on with nothing. */
  #generation = 0;
  readonly #failures: FailureLog;

  constructor(parts: FollowerParts) {
    this.#parts = parts;
    this.#failures = new FailureLog(parts.logger, {
      begins: (error) =>
        `the database accepts no heartbeat${describeCause(error)}; until it does, its reads are not trusted, and once the lease has expired every request gets 503`,
      ends: () => 'heartbeats are accepted again, and changes of other processes are read',
    });
  }

  /** This process has applied every change up to this one. */
  get applied(): FeedPosition {
    return this.#applied;
  }

  /** `false` while it joins: what was applied before may be of another history than what is read now. */
  get hasJoined(): boolean {
    return this.#hasJoined;
  }

  /** What this process may acknowledge: up to this change, nothing older is being written either. */
  get settled(): FeedPosition {
    return this.#settled;
  }

  /** The id under which this process is on the list now. */
  get instanceId(): string {
    return this.#instanceId;
  }

  /** Joins the list of processes. Rejects with `ERR_API_KEYS_UNAVAILABLE` when the store does not answer. */
  async start(): Promise<void> {
    await this.#joinAtStart();
    await this.#follow();
    this.#beatLater();
  }

  async #joinAtStart(): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#join();
      } catch (error) {
        if (attempt === joinAttempts || this.#isStopped || !isProblem(error, 'unavailable')) throw error;
      }
    }
  }

  /** Whether this process has left the list because nothing needs the lease. */
  get isQuiet(): boolean {
    return this.#isQuiet;
  }

  /**
   * Gives up the lease at once, then leaves the list, until the lease is needed. What is cached stays, and is used
   * again only after a beat that has applied all changes since. Resolves when it is off the list. Never rejects.
   */
  async becomeQuiet(): Promise<void> {
    if (this.#isQuiet || this.#isStopped) return;
    this.#isQuiet = true;
    this.#generation += 1;
    this.#parts.lease.end();
    this.#hasJoined = false;
    this.#mustJoin = false;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#leaving = this.#leaveAfter(this.#following);
    await this.#leaving;
  }

  /** Joins the list again when this process has left it: the lease is needed, or a change was made. */
  rouse(): void {
    if (!this.#isQuiet || this.#isStopped) return;
    this.#isQuiet = false;
    this.#mustJoin = true;
    this.#isWoken = true;
    this.#parts.onRoused?.();
    void this.#beat();
  }

  /** A beat or a join that is under way is over before its row is removed; only then it is known which row that is. */
  async #leaveAfter(following: Promise<void> | null): Promise<void> {
    await following?.catch(() => undefined);
    const id = this.#instanceId;
    this.#hasLeft = false;
    for (let attempt = 1; attempt <= leaveAttempts; attempt += 1) {
      try {
        await this.#parts.feed.leave(id);
        this.#hasLeft = true;
        return;
      } catch {
        // Without an answer it may be off the list or not; in the end, the other processes remove it.
      }
    }
  }

  /** Reads the feed now. */
  wake(): void {
    if (this.#isQuiet) return;
    this.#isWoken = true;
    if (this.#following === null && !this.#isStopped && this.#timer !== null) void this.#beat();
  }

  /**
   * Resolves while the lease is held: at once, or after a beat has renewed it. All waiting callers share one beat.
   *
   * @throws ApiKeysError `unavailable`, by a rejection, when no beat gets through within 700 milliseconds
   */
  ensureLease(): Promise<void> {
    if (this.#parts.lease.isHeld()) return leaseHeld;
    this.rouse();
    return withDeadline(this.#renewLease(), renewalDeadlineMs, 'Renewing the lease');
  }

  /** Gives up the lease and leaves the list, so that no process waits for this one. Never rejects. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    await this.#following?.catch(() => undefined);
    this.#parts.lease.end();
    await this.#leaving;
    if (this.#isQuiet && this.#hasLeft) return;
    try {
      await this.#parts.feed.leave(this.#instanceId);
    } catch {
      // The other processes see that its beat no longer changes, and remove it.
    }
  }

  async #renewLease(): Promise<void> {
    const { lease } = this.#parts;
    await this.#following?.catch(() => undefined);
    if (lease.isHeld()) return;
    // That beat may have been sent before this process or its connection stalled: only one that is sent now shows the
    // present state.
    void this.#beat();
    await this.#following;
    if (!lease.isHeld()) throw new ApiKeysError('unavailable', { cause: new Error('The lease has expired') });
  }

  #beatLater(): void {
    if (this.#isStopped || this.#isQuiet) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    const { lengthMs } = this.#parts.lease;
    this.#timer = setTimeout(() => void this.#beat(), lengthMs / beatsPerLease).unref();
  }

  async #beat(): Promise<void> {
    if (this.#following !== null || this.#isStopped || this.#isQuiet) return;
    this.#following = this.#follow();
    try {
      await this.#following;
      this.#failures.worked();
    } catch (error) {
      // A store that does not respond is not queried again before the next beat is due.
      this.#isWoken = false;
      if (!this.#isStopped) this.#failures.failed(error);
    }
    this.#following = null;
    if (this.#isWoken) void this.#beat();
    else this.#beatLater();
  }

  /** Beats until there is nothing left to apply or to acknowledge. */
  async #follow(): Promise<void> {
    const { feed, lease, target } = this.#parts;
    const generation = this.#generation;
    if (this.#mustJoin) await this.#joinAgain();
    for (;;) {
      const isBack = !this.#hasJoined;
      await target.settle();
      // A quiet time has begun: whatever comes after it begins with another join.
      if (generation !== this.#generation) return;
      this.#settled = this.#applied;
      this.#isWoken = false;
      const sentAt = lease.moment();
      const { isListed, isKnown, changes, next } = await feed.beat(this.#instanceId, this.#applied, pageSize);
      if (generation !== this.#generation) return;
      if (!isListed || !isKnown) {
        await this.#startAnew();
        continue;
      }
      if (isBack && changes.length === pageSize) {
        // More than are worth applying one by one.
        await this.#loadHistory();
        continue;
      }
      this.#hasJoined = true;
      for (const change of changes) this.#apply(change);
      this.#parts.onBeat?.(next);
      if (changes.length < pageSize) lease.renew(sentAt);
      if (changes.length === 0 && !this.#isWoken) return;
      if (this.#isStopped) return;
    }
  }

  /**
   * Once deregistered, no peer waits for our acknowledgements; after a restore, our sequence numbers are meaningless.
   * In both cases our caches may be older than what others were promised.
   */
  async #startAnew(): Promise<void> {
    const { feed, lease } = this.#parts;
    lease.end();
    await feed.leave(this.#instanceId);
    await this.#join();
  }

  /** Registers first and reads afterwards: every change that is committed after the read waits for this process. */
  async #join(): Promise<void> {
    await this.#register();
    await this.#loadHistory();
  }

  async #register(): Promise<void> {
    const { feed, lease } = this.#parts;
    this.#hasJoined = false;
    // A new id each time: a message about an old one may still arrive, and must mean nothing then.
    this.#instanceId = randomUUID();
    await feed.join({ id: this.#instanceId, acked: 0, leaseMs: lease.lengthMs });
  }

  /**
   * After a quiet time: the next beat returns what has changed since, as long as the history is still the same, and only a beat
   * that is sent after the join begins the lease.
   */
  async #joinAgain(): Promise<void> {
    const generation = this.#generation;
    this.#mustJoin = false;
    await this.#leaving;
    try {
      await this.#register();
    } catch (error) {
      if (generation === this.#generation) {
        this.#mustJoin = true;
        // It may be on the list: the next attempt has another id, and nobody shall wait for this one.
        this.#leaving = this.#leaveAfter(null);
      }
      throw error;
    }
  }

  async #loadHistory(): Promise<void> {
    const { feed, target } = this.#parts;
    const history = await feed.latest(loadedAtStart);
    target.restart(history);
    this.#settled = startOfFeed;
    this.#applied = history.at(-1) ?? startOfFeed;
    this.#hasJoined = true;
  }

  #apply(change: FeedChange): void {
    this.#parts.target.apply(change);
    this.#applied = change;
  }
}

const leaseHeld = Promise.resolve();

/** The part that an operator has to see first; everything else is in the error. */
function describeCause(error: unknown): string {
  const cause = error instanceof ApiKeysError ? error.cause : error;
  return cause instanceof Error ? ` (${cause.message})` : '';
}
