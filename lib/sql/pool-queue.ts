import { ApiKeysError } from '../errors.js';
import type { PgClient, PgPool } from './postgres-pool.js';

/**
 * Most clients that a pool is asked for and has not given yet. A pool keeps such a question until it can answer it,
 * however long that takes: pg-pool has no way to take one back (brianc/node-postgres, Pool#connect).
 */
const mostAsked = 64;

/** Most calls that wait at once. Each waits no longer than its deadline; a burst fits in, a flood is refused at once. */
const mostWaiting = 1_000;

interface Waiter {
  readonly resolve: (client: PgClient) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Waits for clients of a pool that others may use up, for no longer than a deadline. A client goes to whoever has waited
 * longest and is still waiting, not to the call that asked for it: that one may have been answered 503 long ago, and the
 * questions that a busy time leaves behind must not stand in the way of the calls after it.
 */
export class PoolQueue {
  readonly #pool: PgPool;
  /** In the order of arrival. */
  readonly #waiting = new Set<Waiter>();
  #asked = 0;

  constructor(pool: PgPool) {
    this.#pool = pool;
  }

  /**
   * @param deadlineMs - how long to wait
   * @throws ApiKeysError `ERR_API_KEYS_UNAVAILABLE` when there is no client in time, or too many wait already
   */
  connect(deadlineMs: number): Promise<PgClient> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.size >= mostWaiting) {
        reject(unavailable(new Error(`${mostWaiting} calls wait for a PostgreSQL connection already`)));
        return;
      }
      const timer = setTimeout(() => {
        this.#waiting.delete(waiter);
        reject(unavailable(new Error(`The pool gave no PostgreSQL connection within ${deadlineMs} ms`)));
      }, deadlineMs);
      const waiter: Waiter = {
        resolve: (client) => {
          clearTimeout(timer);
          resolve(client);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(unavailable(error));
        },
      };
      this.#waiting.add(waiter);
      this.#ask();
    });
  }

  /** Asks for as many clients as there are calls that wait. */
  #ask(): void {
    while (this.#asked < Math.min(this.#waiting.size, mostAsked)) {
      this.#asked += 1;
      void this.#askOnce();
    }
  }

  async #askOnce(): Promise<void> {
    const answer = await this.#answer();
    this.#asked -= 1;
    if ('client' in answer) this.#give(answer.client);
    // What a question from a busy time gets to hear says nothing to a call for which another one is open.
    else if (this.#waiting.size > this.#asked) this.#next()?.reject(answer.error);
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
    if (next === undefined) client.release();
    else next.resolve(client);
  }

  #next(): Waiter | undefined {
    const [first] = this.#waiting;
    if (first !== undefined) this.#waiting.delete(first);
    return first;
  }
}

function unavailable(cause: unknown): ApiKeysError {
  return new ApiKeysError('unavailable', { cause });
}
