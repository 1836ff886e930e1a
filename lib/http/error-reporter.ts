import type { ApiKeysError } from '../errors.js';
import type { Logger } from '../ports/logger.js';

/** Tells operators of trouble that callers are told nothing of. */
export type ErrorReporter = (who: string, trouble: ApiKeysError) => void;

/** An outage is reported at its first request and then again after this time, in milliseconds. */
const repeatAfterMs = 10_000;

/** Reports every failure of ours, and outages once in a while: each of their requests fails in the same way. */
export function createErrorReporter(logger: Logger): ErrorReporter {
  let reportedAt = -Infinity;

  return function reportError(who, trouble) {
    if (trouble.problem === 'internal_error') {
      logger.error(`api-keys: ${who} failed`, trouble.cause ?? trouble);
    }
    if (trouble.problem !== 'unavailable' || performance.now() - reportedAt < repeatAfterMs) return;
    reportedAt = performance.now();
    logger.warn(`api-keys: ${who} answers 503`, trouble.cause ?? trouble);
  };
}
