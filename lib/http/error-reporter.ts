import type { ApiKeysError } from '../errors.js';
import type { Logger } from '../ports/logger.js';

/** Logs failures whose cause is not shown to callers. */
export type ErrorReporter = (component: string, error: ApiKeysError) => void;

/** An outage is reported at its first request and then again after this time, in milliseconds. */
const repeatAfterMs = 10_000;

/** Reports every internal error, but outages only at intervals, because each of their requests fails in the same way. */
export function createErrorReporter(logger: Logger): ErrorReporter {
  let reportedAt = -Infinity;

  return function reportError(component, error) {
    if (error.problem === 'internal_error') {
      logger.error(`api-keys: ${component} failed`, error.cause ?? error);
    }
    if (error.problem !== 'unavailable' || performance.now() - reportedAt < repeatAfterMs) return;
    reportedAt = performance.now();
    logger.warn(`api-keys: ${component} answers 503`, error.cause ?? error);
  };
}
