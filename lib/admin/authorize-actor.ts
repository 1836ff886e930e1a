import type { Request } from 'express';
import type { Actor } from '../domain/actor.js';
import { parseActor } from '../domain/parse-actor.js';
import { ApiKeysError } from '../errors.js';
import { callHost } from '../http/call-host.js';
import type { Authorize } from './admin-router-options.js';

/**
 * Calls the app's `authorize` to identify the caller.
 *
 * @throws ApiKeysError `unauthenticated` for `null`, `internal_error` if the app throws or returns anything but an actor
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
    const reason = error instanceof Error ? error.message : 'the result is invalid';
    throw new TypeError(`authorize must return null or an actor: ${reason}`, { cause: error });
  }
}
