import { serializeError } from './serialize-error.js';
import { redactSecrets } from '../domain/secret-like.js';
import type { Logger } from '../ports/logger.js';

/** Passes errors to the app's logger in serialized form, so that properties of an error never get into a log. */
export function createSerializingLogger(logger: Logger): Logger {
  return {
    warn: (message, error) => logger.warn(redactSecrets(message), ...serializeDetails(error)),
    info: (message) => logger.info?.(redactSecrets(message)),
    error: (message, error) => logger.error(redactSecrets(message), ...serializeDetails(error)),
  };
}

function serializeDetails(error: unknown): readonly unknown[] {
  return error === undefined ? [] : [serializeError(error)];
}
