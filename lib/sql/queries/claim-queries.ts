import type { Kysely, SelectQueryBuilder, Selectable } from 'kysely';
import type { IdempotencyClaim } from '../../ports/idempotency-claims.js';
import type { IdempotencyKeysTable, Tables } from '../tables.js';

/** Selects the claim of a name. */
export function selectClaim(
  database: Kysely<Tables>,
  name: string,
): SelectQueryBuilder<Tables, 'idempotency_keys', Selectable<IdempotencyKeysTable>> {
  return database.selectFrom('idempotency_keys').selectAll().where('name', '=', name);
}

/** Claims a name unless an unexpired claim exists; run it under the lock of a change. */
export async function insertClaim(
  database: Kysely<Tables>,
  { name, payloadHash, keyId, createdAt }: IdempotencyClaim,
  expiredBefore: number,
): Promise<IdempotencyClaim | null> {
  const before = await selectClaim(database, name).executeTakeFirst();
  if (before !== undefined && before.created_at >= expiredBefore) return toClaim(before);
  const row = { payload_hash: payloadHash, key_id: keyId, created_at: createdAt };
  await database
    .insertInto('idempotency_keys')
    .values({ name, ...row })
    // Expired claims are removed in the background, possibly at this moment.
    .onConflict((conflict) => conflict.column('name').doUpdateSet(row))
    .execute();
  return null;
}

/** Converts a row of {@link selectClaim}. */
export function toClaim(row: Selectable<IdempotencyKeysTable>): IdempotencyClaim {
  const { name, payload_hash: payloadHash, key_id: keyId, created_at: createdAt } = row;
  return { name, payloadHash, keyId, createdAt };
}
