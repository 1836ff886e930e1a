import type { Request } from 'express';
import { parseActor, type Actor } from '../domain/actor.js';
import { ApiKeysError } from '../errors.js';
import type { Authorize } from './admin-router-options.js';

/**
 * Asks the app who calls.
 *
 * @throws ApiKeysError `unauthenticated` for `null`, `internal_error` when the app throws or answers something else
 */
export async function authorizeActor(authorize: Authorize, req: Request): Promise<Actor> {
  let answer: unknown;
  try {
    answer = await authorize(req);
  } catch (cause) {
    throw new ApiKeysError('internal_error', { cause });
  }
  if (answer === null) throw new ApiKeysError('unauthenticated');
  try {
    return parseActor(answer);
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'the answer is wrong';
    const cause = new TypeError(`authorize must return null or an actor: ${reason}`, { cause: error });
    throw new ApiKeysError('internal_error', { cause });
  }
}
