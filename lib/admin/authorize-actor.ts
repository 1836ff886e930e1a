import type { Request } from 'express';
import type { Actor } from '../domain/actor.js';
import type { ApiKeyIdentity } from '../domain/api-key-identity.js';
import { parseOwnerId } from '../domain/key-fields.js';
import { ApiKeysError } from '../errors.js';
import type { Authorize } from './admin-router-options.js';

/**
 * Asks the app who calls. What it answers decides over every key, so it is copied field by field, and an answer of
 * another shape is trouble, not an actor.
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
    return actorFrom(answer);
  } catch (cause) {
    throw new ApiKeysError('internal_error', { cause });
  }
}

function actorFrom(answer: unknown): Actor {
  const claim = answer as Partial<Record<string, unknown>> | undefined;
  switch (claim?.kind) {
    case 'owner':
      return { kind: 'owner', ownerId: named('ownerId', claim.ownerId) };
    case 'admin':
      return { kind: 'admin', id: named('id', claim.id) };
    case 'key':
      return { kind: 'key', apiKey: identity(claim.apiKey) };
    default:
      throw new TypeError(
        "authorize: expected { kind: 'owner', ownerId }, { kind: 'admin', id }, { kind: 'key', apiKey } or null",
      );
  }
}

function named(field: string, value: unknown): string {
  try {
    return parseOwnerId(value);
  } catch (cause) {
    throw new TypeError(`authorize: ${field} ${cause instanceof Error ? cause.message : 'is wrong'}`, {
      cause,
    });
  }
}

/** Only what the guard itself put on a request will do. */
function identity(value: unknown): ApiKeyIdentity {
  const claim = value as Partial<ApiKeyIdentity> | null | undefined;
  const isIdentity =
    typeof claim?.id === 'string' && typeof claim.ownerId === 'string' && Array.isArray(claim.scopes);
  if (!isIdentity) throw new TypeError('authorize: apiKey must be the req.apiKey of a guarded request');
  return claim as ApiKeyIdentity;
}
