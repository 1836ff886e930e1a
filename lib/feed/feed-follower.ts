import { randomUUID } from 'node:crypto';
import { withDeadline } from '../deadline.js';
import { FailureLog } from '../domain/failure-log.js';
import { ApiKeysError, isProblem } from '../errors.js';
import { startOfFeed, type ChangeFeed, type FeedChange, type FeedPosition } from '../ports/change-feed.js';
import type { Logger } from '../ports/logger.js';
import type { Lease } from './lease.js';

/** Who applies what the follower reads. Neither may fail. */
export interface ChangeTarget {
  /** All that is held from before is worthless. What is told from now on begins with `history`, the last changes before. */
  restart(history: readonly FeedChange[]): void;
  /** Changes are told in order, none left out. */
  apply(change: FeedChange): void;
}

/** What following the feed needs. */
export interface FollowerParts {
  readonly feed: ChangeFeed;
  readonly lease: Lease;
  readonly target: ChangeTarget;
  readonly logger: Logger;
}

/** Most changes that one beat returns. */
const pageSize = 500;
/** How many of the last changes are loaded at the start, so that copies from before it can be judged. */
const loadedAtStart = 1_000;
/**
 * How often joining is tried at the start. It waits for the change under way, and one whose process stands still is ended by
 * the database only after a while; that is no reason for another process not to start.
 */
const joinAttempts = 4;
/** Beats in one lease. */
const beatsPerLease = 4;
/** How long a request waits for the lease, in milliseconds: no longer than for a key that has to be read. */
const renewalDeadlineMs = 700;

/**
 * Follows the feed: beats once a second, or when woken, applies what came after the last beat, and acknowledges it with
 * the next beat at once. The lease is renewed only by a beat all of whose changes are applied.
 */
export class FeedFollower {
  readonly #parts: FollowerParts;
  #instanceId = randomUUID();
  #applied: FeedPosition = startOfFeed;
  #timer: NodeJS.Timeout | null = null;
  #following: Promise<void> | null = null;
  #isWoken = false;
  #isStopped = false;
  readonly #failures: FailureLog;

  constructor(parts: FollowerParts) {
    this.#parts = parts;
    this.#failures = new FailureLog(parts.logger, {
      begins: (error) =>
        `the database takes no heartbeat${reasonOf(error)}; until it does, what it answers is not believed, and when the lease is over every request gets 503`,
      ends: () => 'changes of other processes are read again',
    });
  }

  /** Every change up to this one is applied here. */
  get applied(): FeedPosition {
    return this.#applied;
  }

  /** By which this process is on the list now. */
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

  /** Looks for changes now. */
  wake(): void {
    this.#isWoken = true;
    if (this.#following === null && !this.#isStopped && this.#timer !== null) void this.#beat();
  }

  /**
   * Resolves under the lease: at once while it is held, else when a beat has renewed it. All callers that wait share one
   * beat.
   *
   * @throws ApiKeysError `unavailable`, by a rejection, when no beat gets through within 700 milliseconds
   */
  ensureLease(): Promise<void> {
    if (this.#parts.lease.isHeld()) return held;
    return withDeadline(this.#renewLease(), renewalDeadlineMs, 'Renewing the lease');
  }

  /** Gives up the lease and leaves the list, so that nobody waits for this process. Never rejects. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    await this.#following?.catch(() => undefined);
    this.#parts.lease.end();
    try {
      await this.#parts.feed.leave(this.#instanceId);
    } catch {
      // The others find that it stands still, and remove it.
    }
  }

  async #renewLease(): Promise<void> {
    const { lease } = this.#parts;
    await this.#following?.catch(() => undefined);
    if (lease.isHeld()) return;
    // That beat may be from before this process or its connection stood still: only one that is sent now says how it is.
    void this.#beat();
    await this.#following;
    if (!lease.isHeld()) throw new ApiKeysError('unavailable', { cause: new Error('The lease is over') });
  }

  #beatLater(): void {
    if (this.#isStopped) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    const { lengthMs } = this.#parts.lease;
    this.#timer = setTimeout(() => void this.#beat(), lengthMs / beatsPerLease).unref();
  }

  async #beat(): Promise<void> {
    if (this.#following !== null || this.#isStopped) return;
    this.#following = this.#follow();
    try {
      await this.#following;
      this.#failures.worked();
    } catch (error) {
      // A store that does not answer is not asked again before the next beat is due.
      this.#isWoken = false;
      if (!this.#isStopped) this.#failures.failed(error);
    }
    this.#following = null;
    if (this.#isWoken) void this.#beat();
    else this.#beatLater();
  }

  /** Beats until there is nothing more to apply or to acknowledge. */
  async #follow(): Promise<void> {
    const { feed, lease } = this.#parts;
    for (;;) {
      this.#isWoken = false;
      const sentAt = lease.moment();
      const { isListed, isKnown, changes } = await feed.beat(this.#instanceId, this.#applied, pageSize);
      if (!isListed || !isKnown) {
        await this.#startAnew();
        continue;
      }
      for (const change of changes) this.#apply(change);
      if (changes.length < pageSize) lease.renew(sentAt);
      if (changes.length === 0 && !this.#isWoken) return;
      if (this.#isStopped) return;
    }
  }

  /**
   * Off the list nobody waits for us any more, and in a database that is not the one that it was, our numbers mean nothing:
   * what we hold may be older than what others were promised.
   */
  async #startAnew(): Promise<void> {
    const { feed, lease } = this.#parts;
    lease.end();
    await feed.leave(this.#instanceId);
    await this.#join();
  }

  /** Listed first and read afterwards: every change that comes after the reading waits for us. */
  async #join(): Promise<void> {
    const { feed, lease, target } = this.#parts;
    // A new name each time: what was sent about an old one may still arrive, and means nothing then.
    this.#instanceId = randomUUID();
    await feed.join({ id: this.#instanceId, acked: 0, leaseMs: lease.lengthMs });
    const history = await feed.latest(loadedAtStart);
    target.restart(history);
    this.#applied = history.at(-1) ?? startOfFeed;
  }

  #apply(change: FeedChange): void {
    this.#parts.target.apply(change);
    this.#applied = change;
  }
}

const held = Promise.resolve();

/** What an operator has to know first; all else stands in the error. */
function reasonOf(error: unknown): string {
  const cause = error instanceof ApiKeysError ? error.cause : error;
  return cause instanceof Error ? ` (${cause.message})` : '';
}
