import type { ApiKeyIdentity } from './api-key-identity.js';
import { parseOwnerId } from './key-fields.js';

/** The caller of the management API over HTTP. It comes from the app's own authentication, never from a request body. */
export type Actor =
  /** Manages the keys of one owner. */
  | { readonly kind: 'owner'; readonly ownerId: string }
  /** Manages all keys. */
  | { readonly kind: 'admin'; readonly id: string }
  /** A key that manages keys at or below its own permissions; requires `managementScope`. */
  | { readonly kind: 'key'; readonly apiKey: ApiKeyIdentity };

/** The author of a change: an actor, or the app's own code that calls the service without HTTP. */
export type ChangeActor = Actor | { readonly kind: 'application' };

/** Returns the owner whose keys an actor can see, or `null` if it can see all keys. */
export function getVisibleOwnerId(actor: ChangeActor): string | null {
  if (actor.kind === 'owner') return actor.ownerId;
  if (actor.kind === 'key') return actor.apiKey.ownerId;
  return null;
}

/** Returns the id under which an actor is recorded in the audit log. */
export function getAuditId(actor: ChangeActor): string | null {
  if (actor.kind === 'owner') return actor.ownerId;
  if (actor.kind === 'admin') return actor.id;
  if (actor.kind === 'key') return actor.apiKey.id;
  return null;
}

/**
 * Validates the actor that an app returned for a request, and copies it field by field: an actor controls access to every
 * key, so any other shape is an error and never an actor.
 *
 * @throws TypeError with the shapes that are accepted; the message never contains the value
 */
export function parseActor(value: unknown): Actor {
  const claim = value as Partial<Record<string, unknown>> | null | undefined;
  switch (claim?.kind) {
    case 'owner':
      return { kind: 'owner', ownerId: parseNamedId('ownerId', claim.ownerId) };
    case 'admin':
      return { kind: 'admin', id: parseNamedId('id', claim.id) };
    case 'key':
      return { kind: 'key', apiKey: readIdentity(claim.apiKey) };
    default:
      throw new TypeError(
        "expected { kind: 'owner', ownerId }, { kind: 'admin', id } or { kind: 'key', apiKey }",
      );
  }
}

function parseNamedId(field: string, value: unknown): string {
  try {
    return parseOwnerId(value);
  } catch (cause) {
    throw new TypeError(`${field} ${cause instanceof Error ? cause.message : 'is invalid'}`, { cause });
  }
}

/**
 * Accepts any object with the fields of an identity, including a copy, because only the id and the owner are trusted. The
 * permissions of the key are re-read from the store for every command.
 */
function readIdentity(value: unknown): ApiKeyIdentity {
  const claim = value as Partial<ApiKeyIdentity> | null | undefined;
  const isIdentity =
    typeof claim?.id === 'string' && typeof claim.ownerId === 'string' && Array.isArray(claim.scopes);
  if (!isIdentity) throw new TypeError('apiKey must be the req.apiKey of a guarded request');
  return claim as ApiKeyIdentity;
}
