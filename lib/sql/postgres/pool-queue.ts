import { ApiKeysError } from '../../errors.js';
import { toSetupError } from './to-setup-error.js';
import type { PgClient, PgPool } from './postgres-pool.js';

/**
 * The maximum number of pending connection requests to a pool. A pool keeps such a request until it can serve it,
 * however long that takes: pg-pool cannot cancel one (brianc/node-postgres, Pool#connect).
 */
const maxConnectionRequests = 64;

/**
 * The maximum number of waiting reads of requests. Each waits no longer than its deadline; a burst fits in, a flood
 * is refused at once.
 */
const maxWaiting = 1_000;

/**
 * The lane of a call: `taking` are changes that revoke or may narrow rights, which go before all others; `own` are calls that the process
 * itself depends on (beats, the feed, changes), which come next; `requests` are the reads that requests cause,
 * without any bound on their number.
 */
export type PoolLane = 'taking' | 'own' | 'requests';

/** A client until it is released. */
export interface PoolLease {
  readonly client: PgClient;
  /** Call it once. With `true` the connection is closed and not used again. */
  release(destroy: boolean): void;
}

interface Waiter {
  readonly lane: PoolLane;
  readonly resolve: (lease: PoolLease) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Waits for clients of a pool that others may exhaust, at most until a deadline. A client goes to the call that has
 * waited longest in its lane and is still waiting, not to the call that requested it: that one may have been answered
 * with 503 long ago, and the requests that a busy time leaves behind must not delay the calls after it.
 *
 * A process whose beats are not committed loses its lease, so a flood of requests must not delay them: beats are
 * never refused for it, go first, and one client of the pool is never used for requests.
 */
export class PoolQueue {
  readonly #pool: PgPool;
  /** Each in the order of arrival. */
  readonly #waiting: Readonly<Record<PoolLane, Set<Waiter>>> = {
    taking: new Set(),
    own: new Set(),
    requests: new Set(),
  };
  /** The number of clients that requests may still get. */
  #freeForRequests: number;
  #asked = 0;

  /** @param size - the maximum number of clients of the pool; with a single one, requests have to use that */
  constructor(pool: PgPool, size: number) {
    this.#pool = pool;
    this.#freeForRequests = Math.max(1, size - 1);
  }

  /**
   * @param deadlineMs - the deadline
   * @throws ApiKeysError `ERR_API_KEYS_UNAVAILABLE` when there is no client in time, or too many requests are waiting
   * already
   */
  connect(deadlineMs: number, lane: PoolLane): Promise<PoolLease> {
    return new Promise((resolve, reject) => {
      const waiting = this.#waiting[lane];
      if (isEnded(this.#pool)) {
        // pg-pool never settles the requests that were pending when it was ended.
        reject(createUnavailable(new EndedPoolError()));
        this.#rejectAll();
        return;
      }
      if (lane === 'requests' && !this.mayRequestsWait) {
        reject(
          createUnavailable(new Error(`${maxWaiting} calls are waiting for a PostgreSQL connection already`)),
        );
        return;
      }
      const timer = setTimeout(() => {
        waiting.delete(waiter);
        reject(
          createUnavailable(new Error(`The pool gave no PostgreSQL connection within ${deadlineMs} ms`)),
        );
      }, deadlineMs);
      const waiter: Waiter = {
        lane,
        resolve: (lease) => {
          clearTimeout(timer);
          resolve(lease);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(createUnavailable(error));
        },
      };
      waiting.add(waiter);
      this.#ask();
    });
  }

  /** Whether one more request could wait. */
  get mayRequestsWait(): boolean {
    return this.#waiting.requests.size < maxWaiting;
  }

  /** How many of the waiting calls could get a client now. */
  get #wanted(): number {
    const { taking, own, requests } = this.#waiting;
    return taking.size + own.size + Math.min(requests.size, this.#freeForRequests);
  }

  /** Requests as many clients as can be used. */
  #ask(): void {
    while (this.#asked < Math.min(this.#wanted, maxConnectionRequests)) {
      this.#asked += 1;
      void this.#askOnce();
    }
  }

  async #askOnce(): Promise<void> {
    const answer = await this.#answer();
    this.#asked -= 1;
    if ('client' in answer) this.#give(answer.client);
    // The failure of an old connection request does not concern a call for which another request is pending.
    else if (this.#wanted > this.#asked) this.#takeLast()?.reject(answer.error);
    this.#ask();
  }

  async #answer(): Promise<{ readonly client: PgClient } | { readonly error: unknown }> {
    try {
      return { client: await this.#pool.connect() };
    } catch (error) {
      return { error: toSetupError(error) };
    }
  }

  #give(client: PgClient): void {
    const next = this.#next();
    if (next === undefined) {
      client.release();
      return;
    }
    const isForRequest = next.lane === 'requests';
    if (isForRequest) this.#freeForRequests -= 1;
    next.resolve({
      client,
      release: (destroy) => {
        client.release(destroy);
        if (!isForRequest) return;
        this.#freeForRequests += 1;
        this.#ask();
      },
    });
  }

  #rejectAll(): void {
    for (const waiting of Object.values(this.#waiting)) {
      for (const waiter of waiting) waiter.reject(new EndedPoolError());
      waiting.clear();
    }
  }

  #next(): Waiter | undefined {
    const { taking, own, requests } = this.#waiting;
    return takeFirst(this.#freeForRequests === 0 ? [taking, own] : [taking, own, requests]);
  }

  /** Takes the waiter that a failure costs least: what revokes waits on for as long as another call can fail in its place. */
  #takeLast(): Waiter | undefined {
    const { taking, own, requests } = this.#waiting;
    return takeFirst(this.#freeForRequests === 0 ? [own, taking] : [requests, own, taking]);
  }
}

/** Removes and returns the waiter that has waited longest in the first lane that has one. */
function takeFirst(lanes: readonly Set<Waiter>[]): Waiter | undefined {
  for (const lane of lanes) {
    for (const first of lane) {
      lane.delete(first);
      return first;
    }
  }
  return undefined;
}

function createUnavailable(cause: unknown): ApiKeysError {
  return new ApiKeysError('unavailable', { cause });
}

/** The cause of every failure after the app ended its pool. */
class EndedPoolError extends Error {
  constructor() {
    super('The app ended the pg.Pool that holds the API keys. Await apiKeys.close() before pool.end()');
  }
}

function isEnded(pool: PgPool): boolean {
  const { ending, ended } = pool as { readonly ending?: unknown; readonly ended?: unknown };
  return ending === true || ended === true;
}
