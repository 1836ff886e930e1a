import type { ApiKeysError } from '../errors.js';
import type { Logger } from '../ports/logger.js';

/** Logs failures whose cause is not shown to callers. */
export type ErrorReporter = (component: string, error: ApiKeysError) => void;

/** An outage is reported at its first request and then again after this time, in milliseconds. */
const repeatAfterMs = 10_000;

/**
 * Reports every internal error, but outages only at intervals, because each of their requests fails in the same way. Each type of
 * cause has intervals of its own, so that an outage does not hide a parser that keeps no bytes.
 *
 * @param onOutage - what a component does with requests during an outage
 */
export function createErrorReporter(logger: Logger, onOutage: 'refuse' | 'pass' = 'refuse'): ErrorReporter {
  const reportedAt = new Map<string, number>();

  return function reportError(component, error) {
    if (error.problem === 'internal_error') {
      logger.error(`api-keys: ${component} failed`, error.cause ?? error);
    }
    if (error.problem !== 'unavailable') return;
    const type = error.cause instanceof Error ? error.cause.name : '';
    if (performance.now() - (reportedAt.get(type) ?? -Infinity) < repeatAfterMs) return;
    reportedAt.set(type, performance.now());
    const cause = error.cause ?? error;
    if (onOutage === 'pass') logger.warn(`api-keys: ${component} lets requests through undecided`, cause);
    else logger.warn(`api-keys: ${component} answers 503`, cause);
  };
}
