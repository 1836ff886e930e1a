import { serializeError } from './serialize-error.js';
import { withoutSecrets } from '../domain/secret-like.js';
import type { Logger } from '../ports/logger.js';

/** Hands errors on to the app's logger as descriptions, so that nothing that hangs on an error gets into a log. */
export function describingLogger(logger: Logger): Logger {
  return {
    warn: (message, error) => logger.warn(withoutSecrets(message), ...described(error)),
    error: (message, error) => logger.error(withoutSecrets(message), ...described(error)),
  };
}

function described(error: unknown): readonly unknown[] {
  return error === undefined ? [] : [serializeError(error)];
}
