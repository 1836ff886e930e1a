import { FailureLog } from '../domain/failure-log.js';
import type { Logger } from '../ports/logger.js';
import { describeRedisError } from './describe-redis-error.js';

/** The messages for what does not work while Redis is down, or refuses. */
export interface OutageMessages {
  /** The reason is appended, in one word. */
  readonly begins: string;
  readonly ends: string | ((lost: number) => string);
}

/** Logs outages of Redis like all other failures, with the reason in one word in place of the error. */
export class OutageLog {
  readonly #failures: FailureLog;
  #reason: unknown;

  constructor(logger: Logger, { begins, ends }: OutageMessages) {
    // Errors of ioredis are not logged: their `command` has the arguments.
    const words = { warn: (message: string): void => logger.warn(message) };
    this.#failures = new FailureLog(words, {
      begins: (error) => `${begins} (Redis: ${describeRedisError(error)})`,
      ends: (lost) => (typeof ends === 'string' ? ends : ends(lost)),
    });
  }

  /** @param lost - how much was lost by this failure alone */
  failed(error: unknown, lost = 0): void {
    this.#reason = error;
    this.#failures.failed(error, lost);
  }

  /** Call it for what Redis is not even asked for: the outage lasts, for the reason that is known last. */
  skipped(lost = 0): void {
    this.#failures.failed(this.#reason, lost);
  }

  worked(): void {
    this.#failures.worked();
  }
}
