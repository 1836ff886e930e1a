import type { ApiKeyRecord } from '../domain/api-key.js';
import type { KeyspacePolicy } from '../domain/keyspace-policy.js';
import { ApiKeysError } from '../errors.js';
import type { AnnouncedChange } from '../ports/change-announcer.js';
import type { KeyStoreTransaction } from '../ports/key-store.js';
import { assertAtOrBelow, assertMayReplaceSecrets, type Authority } from './authority.js';
import type { ChangeContext } from './change.js';
import { revokeInTransaction } from './revoke-key.js';

/** Maximum number of keys that one new key supersedes: all other changes wait meanwhile. */
const maxSuperseded = 100;

/** The result of applying a policy to a new key. */
export interface Admitted {
  /** The key, with its number where the policy numbers keys. */
  readonly record: ApiKeyRecord;
  /** The keys that were revoked in its favor. */
  readonly superseded: readonly AnnouncedChange[];
}

/**
 * Applies the policy of the keyspace to a new key, in the transaction that inserts it: changes are serialized there, so that
 * two concurrent keys cannot both be the last one allowed.
 *
 * @throws ApiKeysError `key_limit_reached`; `conflict` when there are too many keys to revoke; `forbidden` or
 * `insufficient_scope` when a key would revoke one above itself
 */
export async function applyPolicy(
  transaction: KeyStoreTransaction,
  context: ChangeContext,
  authority: Authority,
  { onePerOwner, maxKeysPerOwner, numberKeys }: KeyspacePolicy,
  record: ApiKeyRecord,
): Promise<Admitted> {
  const { ownerId, keyspace, createdAt: now } = record;
  const counts =
    maxKeysPerOwner !== null || numberKeys
      ? await transaction.countByOwner(ownerId, keyspace, maxKeysPerOwner ?? 0)
      : null;
  if (counts !== null && maxKeysPerOwner !== null && counts.unrevoked >= maxKeysPerOwner) {
    throw new ApiKeysError('key_limit_reached', {
      detail: `There can be ${maxKeysPerOwner} API keys for each owner. Revoke one first.`,
    });
  }
  const numbered = counts !== null && numberKeys ? { ...record, number: counts.lastNumber + 1 } : record;
  if (!onePerOwner) return { record: numbered, superseded: [] };

  const others = await transaction.findUnrevokedByOwner(ownerId, maxSuperseded + 1, keyspace);
  if (others.length > maxSuperseded) {
    throw new ApiKeysError('conflict', {
      detail: `The owner has more than ${maxSuperseded} API keys. Revoke them first.`,
    });
  }
  const superseded: AnnouncedChange[] = [];
  for (const other of others) {
    assertMayReplaceSecrets(authority, other);
    assertAtOrBelow(authority, other);
    const revocation = { reason: 'superseded', comment: null } as const;
    const revoked = await revokeInTransaction(transaction, context, other, now, revocation);
    if (revoked !== null) superseded.push(revoked);
  }
  return { record: numbered, superseded };
}
