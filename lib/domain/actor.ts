import type { ApiKeyIdentity } from './api-key-identity.js';
import type { ActorGrants } from './actor-grants.js';
import type { ActorRole } from './actor-role.js';
import type { AuditActor } from './audit-entry.js';

/**
 * Manages the keys of one owner: a person, an organization. `memberId` names the person who acts for it.
 *
 * @example
 * const actor: OwnerActor = { kind: 'owner', ownerId: 'org:7', memberId: 'user:42', memberName: 'Olga' };
 */
export interface OwnerActor {
  readonly kind: 'owner';
  /** The app's own id of the owner: one line of up to 200 characters. */
  readonly ownerId: string;
  /**
   * The app's own id of the member who acts: one line of up to 200 characters. It is recorded in the audit log, and as
   * `createdBy` in the keys that the member creates. Default: no member, the owner itself acts.
   */
  readonly memberId?: string;
  /** The member's display name at the time: one line of up to 100 characters. Needs `memberId`. Default: none. */
  readonly memberName?: string | undefined;
  /**
   * `viewer` reads keys, their usage and the audit log; `operator` also revokes keys, and rotates those that do not manage keys;
   * `manager` does everything, including enabling and disabling. Default: `manager`.
   */
  readonly role?: ActorRole;
  /** The most that the actor may give to keys. Default: whatever an owner may give. */
  readonly grants?: ActorGrants;
}

/** Manages all keys. */
export interface AdminActor {
  readonly kind: 'admin';
  /** Written to the audit log: one line of up to 200 characters. */
  readonly id: string;
}

/** The caller of the management API over HTTP. It comes from the app's own authentication, never from a request body. */
export type Actor =
  | OwnerActor
  | AdminActor
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

/** Returns how an actor is recorded in the audit log, in the access log and in the keys that it creates. */
export function toAuditActor(actor: ChangeActor): AuditActor {
  switch (actor.kind) {
    case 'owner': {
      const { ownerId, memberId, memberName } = actor;
      return {
        kind: 'owner',
        id: ownerId,
        ...(memberId === undefined ? {} : { memberId }),
        ...(memberName === undefined ? {} : { memberName }),
      };
    }
    case 'admin':
      return { kind: 'admin', id: actor.id };
    case 'key':
      return { kind: 'key', id: actor.apiKey.id };
    case 'application':
      return { kind: 'application', id: null };
  }
}

/** Returns what tells an actor from all others: `memberId` is part of it, names are not. */
export function listActorIds(actor: ChangeActor): readonly (string | null)[] {
  const { kind, id, memberId } = toAuditActor(actor);
  return memberId === undefined ? [kind, id] : [kind, id, memberId];
}
