import type { Request } from 'express';
import { parseActor, type Actor } from '../domain/actor.js';
import { ApiKeysError } from '../errors.js';
import { callHost } from '../http/call-host.js';
import type { Authorize } from './admin-router-options.js';

/**
 * Asks the app who calls.
 *
 * @throws ApiKeysError `unauthenticated` for `null`, `internal_error` when the app throws or answers something else
 */
export async function authorizeActor(authorize: Authorize, req: Request): Promise<Actor> {
  const actor = await callHost(() => authorize(req), readActor);
  if (actor === null) throw new ApiKeysError('unauthenticated');
  return actor;
}

function readActor(answer: unknown): Actor {
  try {
    return parseActor(answer);
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'the answer is wrong';
    throw new TypeError(`authorize must return null or an actor: ${reason}`, { cause: error });
  }
}
