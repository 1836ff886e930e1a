import type { Kysely, Selectable } from 'kysely';
import type { IdempotencyClaim } from '../../ports/idempotency-claims.js';
import type { IdempotencyKeysTable, Tables } from '../tables.js';

/** Reads the claim of a name. */
export async function findClaim(database: Kysely<Tables>, name: string): Promise<IdempotencyClaim | null> {
  const row = await database
    .selectFrom('idempotency_keys')
    .selectAll()
    .where('name', '=', name)
    .executeTakeFirst();
  return row === undefined ? null : claimFromRow(row);
}

/** Claims a name unless an unexpired claim exists; run it under the lock of a change. */
export async function insertClaim(
  database: Kysely<Tables>,
  { name, payloadHash, keyId, createdAt }: IdempotencyClaim,
  expiredBefore: number,
): Promise<IdempotencyClaim | null> {
  const before = await findClaim(database, name);
  if (before !== null && before.createdAt >= expiredBefore) return before;
  const row = { payload_hash: payloadHash, key_id: keyId, created_at: createdAt };
  await database
    .insertInto('idempotency_keys')
    .values({ name, ...row })
    // Expired claims are removed in the background, possibly at this moment.
    .onConflict((conflict) => conflict.column('name').doUpdateSet(row))
    .execute();
  return null;
}

function claimFromRow(row: Selectable<IdempotencyKeysTable>): IdempotencyClaim {
  const { name, payload_hash: payloadHash, key_id: keyId, created_at: createdAt } = row;
  return { name, payloadHash, keyId, createdAt };
}
