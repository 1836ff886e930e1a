import type { ChangeActor } from '../domain/actor.js';
import { listRolesWith, type KeyOperation } from '../domain/actor-role.js';
import { ApiKeysError } from '../errors.js';

/**
 * Refuses what the role of an actor does not include. This is the only place that does: every command resolves its authority
 * for an operation, which comes here, and edges call it before they request a second factor.
 *
 * @throws ApiKeysError `forbidden` with the role that is needed
 */
export function assertRole({ actor }: { readonly actor: ChangeActor }, operation: KeyOperation): void {
  if (actor.kind !== 'owner' || actor.role === undefined) return;
  const roles = listRolesWith(operation);
  if (roles.includes(actor.role)) return;
  throw new ApiKeysError('forbidden', { detail: `This needs the role ${roles.join(' or ')}.` });
}
