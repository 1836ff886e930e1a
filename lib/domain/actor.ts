import type { ApiKeyIdentity } from './api-key-identity.js';

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
