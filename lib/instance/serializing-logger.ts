import { serializeError } from './serialize-error.js';
import { redactSecrets } from '../domain/secret-like.js';
import type { Logger } from '../ports/logger.js';

/**
 * Passes errors to the app's logger in serialized form, so that properties of an error never get into a log.
 *
 * @param redactKeys - redacts what the keyspaces and formats of an instance know as keys
 */
export function createSerializingLogger(
  logger: Logger,
  redactKeys: (text: string) => string = (text) => text,
): Logger {
  const redact = (message: string): string => redactSecrets(redactKeys(message));
  const serializeDetails = (error: unknown): readonly unknown[] =>
    error === undefined ? [] : [serializeError(error, redactKeys)];
  return {
    warn: (message, error) => logger.warn(redact(message), ...serializeDetails(error)),
    info: (message) => logger.info?.(redact(message)),
    error: (message, error) => logger.error(redact(message), ...serializeDetails(error)),
  };
}
