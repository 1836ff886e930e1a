import type { Logger } from '../ports/logger.js';
import { describeRedisError } from './describe-redis-error.js';

/** The minimum time between two messages for a Redis that comes and goes, in milliseconds. */
const quietMs = 10_000;

/** Logs an outage once, however many commands fail. */
export class OutageLog {
  readonly #logger: Logger;
  readonly #consequence: string;
  #isOut = false;
  #loggedAt = -quietMs;

  /** @param consequence - what does not work during the outage */
  constructor(logger: Logger, consequence: string) {
    this.#logger = logger;
    this.#consequence = consequence;
  }

  failed(error: unknown): void {
    const now = performance.now();
    if (!this.#isOut && now - this.#loggedAt >= quietMs) {
      this.#loggedAt = now;
      this.#logger.warn(`api-keys: ${this.#consequence} (Redis: ${describeRedisError(error)})`);
    }
    this.#isOut = true;
  }

  worked(): void {
    this.#isOut = false;
  }
}
