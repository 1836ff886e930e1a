import type { Logger } from '../ports/logger.js';
import { describeRedisError } from './describe-redis-error.js';

/** Shortest time between two messages, in milliseconds, for a Redis that comes and goes. */
const quietMs = 10_000;

/** Tells operators of an outage once, however many commands fail. */
export class OutageLog {
  readonly #logger: Logger;
  readonly #consequence: string;
  #isOut = false;
  #toldAt = -quietMs;

  /** @param consequence - what does not work meanwhile */
  constructor(logger: Logger, consequence: string) {
    this.#logger = logger;
    this.#consequence = consequence;
  }

  failed(error: unknown): void {
    const now = performance.now();
    if (!this.#isOut && now - this.#toldAt >= quietMs) {
      this.#toldAt = now;
      this.#logger.warn(`api-keys: ${this.#consequence} (Redis: ${describeRedisError(error)})`);
    }
    this.#isOut = true;
  }

  worked(): void {
    this.#isOut = false;
  }
}
