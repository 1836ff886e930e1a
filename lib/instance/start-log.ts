import { FailureLog } from '../domain/failure-log.js';
import type { Logger } from '../ports/logger.js';

const messages = {
  begins: 'not ready, and every request is answered with 503',
  ends: () => 'ready, and requests are answered',
} as const;
/** The maximum number of reasons that are logged until a start succeeds. */
const maxReasons = 10;

/**
 * Logs starts in the background that fail, of which requests cause one each second: one line for each reason, and one when a start
 * succeeds. The first reason may be over while another one is left, which somebody has to act on.
 */
export class StartLog {
  readonly #logger: Logger;
  readonly #failures: FailureLog;
  readonly #reasons = new Set<string>();

  constructor(logger: Logger) {
    this.#logger = logger;
    const levels = {
      warn: (message: string, error?: unknown): void =>
        error === undefined ? logger.warn(message) : logger.error(message, error),
    };
    this.#failures = new FailureLog(levels, messages);
  }

  failed(error: unknown): void {
    const reason = describeReason(error);
    const isAnother = this.#reasons.size > 0 && !this.#reasons.has(reason);
    if (this.#reasons.size < maxReasons) {
      this.#reasons.add(reason);
      if (isAnother) this.#logger.error(`api-keys: ${messages.begins}`, error);
    }
    this.#failures.failed(error);
  }

  worked(): void {
    this.#reasons.clear();
    this.#failures.worked();
  }
}

function describeReason(error: unknown): string {
  const reasons: string[] = [];
  for (let each = error; each instanceof Error; each = each.cause) reasons.push(each.message);
  return reasons.join('\n');
}
