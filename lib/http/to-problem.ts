import { ApiKeysError, problems } from '../errors.js';
import { createKeyNotFoundError } from '../manage/authority.js';

/** The problem that answers a thrown value. An error of either build of this package is used as it is; anything else is an `internal_error`. */
export function toProblem(thrown: unknown): ApiKeysError {
  if (thrown instanceof ApiKeysError) return thrown;
  if (thrown instanceof Error && 'problem' in thrown && Object.hasOwn(problems, String(thrown.problem))) {
    return thrown as ApiKeysError;
  }
  // Express could not decode the id in the path: no key has such an id.
  if (thrown instanceof URIError) return createKeyNotFoundError();
  return new ApiKeysError('internal_error', { cause: thrown });
}
