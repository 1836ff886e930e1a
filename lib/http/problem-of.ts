import { ApiKeysError, problems } from '../errors.js';
import { createKeyNotFoundError } from '../manage/authority.js';

/** What a thrown value is answered with. An error of either build of this package is taken as it is, all else is trouble. */
export function problemOf(thrown: unknown): ApiKeysError {
  if (thrown instanceof ApiKeysError) return thrown;
  if (thrown instanceof Error && 'problem' in thrown && Object.hasOwn(problems, String(thrown.problem))) {
    return thrown as ApiKeysError;
  }
  // Express could not decode the id in the path: no key has such an id.
  if (thrown instanceof URIError) return createKeyNotFoundError();
  return new ApiKeysError('internal_error', { cause: thrown });
}
