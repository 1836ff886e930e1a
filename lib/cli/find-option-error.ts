import { getErrorCode } from '../domain/error-code.js';
import { getErrorMessage } from './get-error-message.js';
import { LoadError } from './load-error.js';

/** Finds what `createApiKeys` has refused while a module was loaded; `null` if it was nothing, or something else. */
export function findOptionError(error: unknown): string | null {
  if (!(error instanceof LoadError)) return null;
  for (
    let found = error.thrown;
    typeof found === 'object' && found !== null;
    found = Reflect.get(found, 'cause')
  ) {
    if (getErrorCode(found) === 'ERR_API_KEYS_INVALID_OPTION') return getErrorMessage(found);
  }
  return null;
}
