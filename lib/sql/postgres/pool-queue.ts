import { ApiKeysError } from '../../errors.js';
import type { PgClient, PgPool } from './postgres-pool.js';

/**
 * Most clients that a pool is asked for and has not given yet. A pool keeps such a question until it can answer it,
 * however long that takes: pg-pool has no way to take one back (brianc/node-postgres, Pool#connect).
 */
const maxConnectionRequests = 64;

/**
 * Most reads of requests that wait at once. Each waits no longer than its deadline; a burst fits in, a flood is refused
 * at once.
 */
const maxWaiting = 1_000;

/**
 * Who waits: `taking` is what takes rights away, and goes before all others; `own` is what the process itself needs to go on (beats, the feed, changes), and comes next; `requests` are
 * the reads that requests cause, as many as anybody cares to send.
 */
export type PoolLane = 'taking' | 'own' | 'requests';

/** A client until it is given back. */
export interface PoolLease {
  readonly client: PgClient;
  /** To be called once. With `true` the connection is closed and not used again. */
  release(destroy: boolean): void;
}

interface Waiter {
  readonly lane: PoolLane;
  readonly resolve: (lease: PoolLease) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Waits for clients of a pool that others may use up, for no longer than a deadline. A client goes to whoever has waited
 * longest in its lane and is still waiting, not to the call that asked for it: that one may have been answered 503 long
 * ago, and the questions that a busy time leaves behind must not stand in the way of the calls after it.
 *
 * A process whose beats do not get through loses its lease, so a flood of requests must not be in their way: they are
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
  /** Clients that requests may still be given. */
  #freeForRequests: number;
  #asked = 0;

  /** @param size - most clients of the pool; with a single one, requests have to use that */
  constructor(pool: PgPool, size: number) {
    this.#pool = pool;
    this.#freeForRequests = Math.max(1, size - 1);
  }

  /**
   * @param deadlineMs - how long to wait
   * @throws ApiKeysError `ERR_API_KEYS_UNAVAILABLE` when there is no client in time, or too many requests wait already
   */
  connect(deadlineMs: number, lane: PoolLane): Promise<PoolLease> {
    return new Promise((resolve, reject) => {
      const waiting = this.#waiting[lane];
      if (lane === 'requests' && !this.mayRequestsWait) {
        reject(unavailable(new Error(`${maxWaiting} calls wait for a PostgreSQL connection already`)));
        return;
      }
      const timer = setTimeout(() => {
        waiting.delete(waiter);
        reject(unavailable(new Error(`The pool gave no PostgreSQL connection within ${deadlineMs} ms`)));
      }, deadlineMs);
      const waiter: Waiter = {
        lane,
        resolve: (lease) => {
          clearTimeout(timer);
          resolve(lease);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(unavailable(error));
        },
      };
      waiting.add(waiter);
      this.#ask();
    });
  }

  /** Whether one more request would not be refused at once. */
  get mayRequestsWait(): boolean {
    return this.#waiting.requests.size < maxWaiting;
  }

  /** How many of those who wait could be given a client now. */
  get #wanted(): number {
    const { taking, own, requests } = this.#waiting;
    return taking.size + own.size + Math.min(requests.size, this.#freeForRequests);
  }

  /** Asks for as many clients as can be handed on. */
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
    // What a question from a busy time gets to hear says nothing to a call for which another one is open.
    else if (this.#wanted > this.#asked) this.#next()?.reject(answer.error);
    this.#ask();
  }

  async #answer(): Promise<{ readonly client: PgClient } | { readonly error: unknown }> {
    try {
      return { client: await this.#pool.connect() };
    } catch (error) {
      return { error };
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

  #next(): Waiter | undefined {
    const { taking, own, requests } = this.#waiting;
    const lanes = this.#freeForRequests === 0 ? [taking, own] : [taking, own, requests];
    for (const lane of lanes) {
      for (const first of lane) {
        lane.delete(first);
        return first;
      }
    }
    return undefined;
  }
}

function unavailable(cause: unknown): ApiKeysError {
  return new ApiKeysError('unavailable', { cause });
}
