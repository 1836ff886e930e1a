import { FailureLog } from '../../domain/failure-log.js';
import type { Logger } from '../../ports/logger.js';
import type { PgPool } from './postgres-pool.js';

/** The events of a `pg.Pool` that are used here. */
interface PoolEvents {
  on(event: string, listener: (error: Error) => void): unknown;
  off(event: string, listener: (error: Error) => void): unknown;
}

/**
 * Logs the loss of idle connections of a pool (a restart, a failover, `pg_terminate_backend`), which are replaced at
 * their next use. A pool emits `error` for each of them, and an `error` event without a listener ends the process, so
 * an app that added none to its pool is kept running as well. Other listeners get every error as before.
 */
export class PoolLosses {
  readonly #losses: FailureLog;
  readonly #onError = (error: Error): void => this.#losses.failed(error, 1);
  readonly #onConnect = (): void => this.#losses.worked();
  readonly #pool: PoolEvents | null;
  #isListening = false;

  /** @param pool - one without events emits no errors either */
  constructor(pool: PgPool, logger: Logger) {
    this.#pool = hasEvents(pool) ? pool : null;
    this.#losses = new FailureLog(logger, {
      begins: 'an idle PostgreSQL connection was lost',
      ends: (lost) => `PostgreSQL is connected to again; idle connections that were lost: ${lost}`,
    });
  }

  /** Adds the listeners, unless they are there already. */
  listen(): void {
    if (this.#isListening) return;
    this.#isListening = true;
    this.#pool?.on('error', this.#onError);
    this.#pool?.on('connect', this.#onConnect);
  }

  /** Removes the listeners again. */
  stop(): void {
    this.#isListening = false;
    this.#pool?.off('error', this.#onError);
    this.#pool?.off('connect', this.#onConnect);
  }
}

function hasEvents(pool: object): pool is PoolEvents {
  const { on, off } = pool as Partial<Record<keyof PoolEvents, unknown>>;
  return typeof on === 'function' && typeof off === 'function';
}
