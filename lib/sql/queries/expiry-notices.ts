import type { Kysely } from 'kysely';
import type { ExpiryNotice } from '../../ports/key-store.js';
import type { Tables } from '../tables.js';

/** Records a notice unless it exists; returns whether it was recorded. Run it under the lock of a change. */
export async function insertExpiryNotice(
  database: Kysely<Tables>,
  { keyId, expiresAt, thresholdSeconds }: ExpiryNotice,
): Promise<boolean> {
  const { numInsertedOrUpdatedRows = 0n } = await database
    .insertInto('expiry_notices')
    .values({ key_id: keyId, expires_at: expiresAt, threshold_seconds: thresholdSeconds })
    .onConflict((conflict) => conflict.columns(['key_id', 'expires_at', 'threshold_seconds']).doNothing())
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n;
}
