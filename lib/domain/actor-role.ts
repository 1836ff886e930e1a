import { InvalidFieldError } from './key-fields.js';

/** What a person may do with the keys of an owner: read them; rotate and revoke them as well; or everything. */
export type ActorRole = 'viewer' | 'operator' | 'manager';

/** What is done with keys. Disabling and enabling a key is an `update`. */
export type KeyOperation = 'read' | 'rotate' | 'revoke' | 'create' | 'update';

/** Each role with its operations. */
const operations: Readonly<Record<ActorRole, readonly KeyOperation[]>> = {
  viewer: ['read'],
  operator: ['read', 'rotate', 'revoke'],
  manager: ['read', 'rotate', 'revoke', 'create', 'update'],
};

/** Every role, those with fewer operations first. */
export const actorRoles: readonly ActorRole[] = ['viewer', 'operator', 'manager'];

/** Returns the roles that have an operation. */
export function listRolesWith(operation: KeyOperation): readonly ActorRole[] {
  return actorRoles.filter((role) => operations[role].includes(operation));
}

/** Returns the operations of a role; without one, all of them. */
export function listOperationsOf(role: ActorRole | null): readonly KeyOperation[] {
  return operations[role ?? 'manager'];
}

/** Parses a role. Nothing stands for a role but its name: a role that got lost must not become another one. */
export function parseActorRole(value: unknown): ActorRole {
  const role = actorRoles.find((each) => each === value);
  if (role === undefined) throw new InvalidFieldError(`must be one of ${actorRoles.join(', ')}`);
  return role;
}
