import type { ApiKeyIdentity } from './api-key-identity.js';
import { parseOwnerId } from './key-fields.js';

/** Who calls the management side over HTTP. It comes from the app's own authentication, never from a body. */
export type Actor =
  /** Manages the keys of one owner. */
  | { readonly kind: 'owner'; readonly ownerId: string }
  /** Manages all keys. */
  | { readonly kind: 'admin'; readonly id: string }
  /** A key that manages keys at or below itself; needs `managementScope`. */
  | { readonly kind: 'key'; readonly apiKey: ApiKeyIdentity };

/** Who made a change: an actor, or the app's own code calling the service without HTTP. */
export type ChangeActor = Actor | { readonly kind: 'application' };

/** The owner whose keys an actor sees, or `null` when it sees all. */
export function ownerSeenBy(actor: ChangeActor): string | null {
  if (actor.kind === 'owner') return actor.ownerId;
  if (actor.kind === 'key') return actor.apiKey.ownerId;
  return null;
}

/** The id under which an actor is written into the audit trail. */
export function auditIdOf(actor: ChangeActor): string | null {
  if (actor.kind === 'owner') return actor.ownerId;
  if (actor.kind === 'admin') return actor.id;
  if (actor.kind === 'key') return actor.apiKey.id;
  return null;
}

/**
 * What an app says about who calls, checked and copied field by field: it decides over every key, so another shape is
 * trouble, never an actor.
 *
 * @throws TypeError that says what to give instead; it never repeats the value
 */
export function parseActor(value: unknown): Actor {
  const claim = value as Partial<Record<string, unknown>> | null | undefined;
  switch (claim?.kind) {
    case 'owner':
      return { kind: 'owner', ownerId: named('ownerId', claim.ownerId) };
    case 'admin':
      return { kind: 'admin', id: named('id', claim.id) };
    case 'key':
      return { kind: 'key', apiKey: identity(claim.apiKey) };
    default:
      throw new TypeError(
        "expected { kind: 'owner', ownerId }, { kind: 'admin', id } or { kind: 'key', apiKey }",
      );
  }
}

function named(field: string, value: unknown): string {
  try {
    return parseOwnerId(value);
  } catch (cause) {
    throw new TypeError(`${field} ${cause instanceof Error ? cause.message : 'is wrong'}`, { cause });
  }
}

/**
 * Any object with the fields of an identity will do, a copy too: nothing is believed but the id and the owner. What the
 * key may do is read anew from the store for every command.
 */
function identity(value: unknown): ApiKeyIdentity {
  const claim = value as Partial<ApiKeyIdentity> | null | undefined;
  const isIdentity =
    typeof claim?.id === 'string' && typeof claim.ownerId === 'string' && Array.isArray(claim.scopes);
  if (!isIdentity) throw new TypeError('apiKey must be the req.apiKey of a guarded request');
  return claim as ApiKeyIdentity;
}
