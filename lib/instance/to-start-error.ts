import { redactSecrets } from '../domain/secret-like.js';
import { ApiKeysError, isProblem } from '../errors.js';
import { findSetupError } from '../sql/database-setup-error.js';
import { serializeError, type SerializedError } from './serialize-error.js';

/**
 * Adds the reason to an outage at start. Callers never learn the reason of an outage, but the operator who starts the app
 * needs it. Any other error is returned as it is.
 */
export function toStartError(error: unknown): unknown {
  if (!isProblem(error, 'unavailable')) return error;
  const setupError = findSetupError(error);
  if (setupError !== null) {
    const detail = `The database of the API keys cannot be used: ${setupError.message}`;
    return new ApiKeysError('unavailable', { detail, cause: error });
  }
  let reason: SerializedError = serializeError(error);
  while (reason.cause !== undefined) reason = reason.cause;
  const what = [reason.code, reason.message].filter((text) => text !== undefined && text !== '').join(': ');
  return new ApiKeysError('unavailable', {
    detail: `The database of the API keys cannot be opened (${what})`,
    cause: error,
  });
}

/** Describes why a database cannot be used, as the error of a start does. */
export function describeStartError(error: unknown): string {
  const described = toStartError(error);
  return redactSecrets(
    described instanceof Error ? described.message : 'a value was thrown that is no error',
  );
}
