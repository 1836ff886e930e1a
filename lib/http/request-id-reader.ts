import type { Request } from 'express';
import type { Logger } from '../ports/logger.js';
import { readRequestId, toRecordableId } from './read-request-id.js';

/** Reads the id of a request for the audit log and the access log. Never throws. */
export type RequestIdReader = (req: Request) => string | null;

/** The app's own function, see the option `requestId`. */
export type GivenRequestId = (req: Request) => string | null | undefined;

/**
 * Builds the reader of request ids: by the app's function, whose ids are checked as those in `X-Request-Id` are, or by that
 * header when there is none. A function that fails never fails the request: its id is `null`, and the first failure is logged.
 *
 * @param given - the option `requestId`
 * @param isKey - whether there is a key in a string, of another system for example, which may be shorter than what may be a secret
 */
export function createRequestIdReader(
  given: GivenRequestId | undefined,
  logger: Logger,
  isKey: (text: string) => boolean = () => false,
): RequestIdReader {
  const read = given === undefined ? readRequestId : createGivenReader(given, logger);
  return function readUnlessKey(req) {
    const id = read(req);
    return id === null || isKey(id) ? null : id;
  };
}

function createGivenReader(given: GivenRequestId, logger: Logger): RequestIdReader {
  let hasWarned = false;

  function reportOnce(problem: string, error?: unknown): null {
    if (!hasWarned) {
      hasWarned = true;
      logger.warn(`api-keys: entries get no request id, because the option requestId ${problem}`, error);
    }
    return null;
  }

  return function readGivenRequestId(req) {
    try {
      const id: unknown = given(req);
      if (id === undefined || id === null) return null;
      if (typeof id === 'string') return toRecordableId(id);
      // Of a promise that rejects later, this is the only handler.
      void Promise.resolve(id).catch(() => undefined);
      // Without the value, which may be a secret.
      return reportOnce(
        `returned ${id instanceof Promise ? 'a promise' : `a value of type ${typeof id}`}, not a string`,
      );
    } catch (error) {
      return reportOnce('threw', error);
    }
  };
}
