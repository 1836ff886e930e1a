import type { ChangeActor } from '../domain/actor.js';
import { listOperationsOf, listRolesWith, type KeyOperation } from '../domain/actor-role.js';
import type { ApiKeyRecord } from '../domain/api-key.js';
import type { Keyspaces } from '../domain/keyspaces.js';
import { ApiKeysError } from '../errors.js';

/**
 * Refuses what the role of an actor does not include. Every command resolves its authority for an operation, which comes here, and
 * edges call it before they request a second factor.
 *
 * @throws ApiKeysError `forbidden` with the role that is needed
 */
export function assertRole({ actor }: { readonly actor: ChangeActor }, operation: KeyOperation): void {
  if (actor.kind !== 'owner' || actor.role === undefined) return;
  const roles = listRolesWith(operation);
  if (roles.includes(actor.role)) return;
  throw new ApiKeysError('forbidden', { detail: `This needs the role ${roles.join(' or ')}.` });
}

/**
 * Refuses the secret of a key that manages keys to those whose role does not include all that such a key may do: with the secret,
 * they would create and change keys themselves.
 *
 * @throws ApiKeysError `forbidden` with what to do
 */
export function assertRoleOfHolder(
  { keyspaces }: { readonly keyspaces: Pick<Keyspaces, 'mayManage'> },
  { actor }: { readonly actor: ChangeActor },
  record: Pick<ApiKeyRecord, 'keyspace' | 'scopes'>,
): void {
  if (actor.kind !== 'owner' || actor.role === undefined) return;
  const operations = listOperationsOf(actor.role);
  const isManager = managing.every((operation) => operations.includes(operation));
  if (isManager || !keyspaces.mayManage(record)) return;
  throw new ApiKeysError('forbidden', {
    detail:
      `This API key may manage API keys, and a rotation returns its secret. That needs the role ${listRolesWith('create').join(' or ')}; ` +
      'without it, revoke the key.',
  });
}

/** What a key does with keys at or below itself, besides what an operator does. */
const managing: readonly KeyOperation[] = ['create', 'update'];
