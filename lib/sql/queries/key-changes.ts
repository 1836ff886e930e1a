import type { Kysely, Selectable } from 'kysely';
import type { ApiKeyRecord } from '../../domain/api-key.js';
import { isSecret } from '../../domain/credential.js';
import { toCredentialRows, toKeyRow } from './record-mapping.js';
import type { SqlDialect } from '../sql-database.js';
import type { CredentialsTable, Tables } from '../tables.js';

/** Adds a key with its credentials and digests; rejects when the id is taken, or was. */
export async function insertKey(database: Kysely<Tables>, record: ApiKeyRecord): Promise<void> {
  const removed = database.selectFrom('removed_keys').select('id').where('id', '=', record.id);
  if ((await removed.executeTakeFirst()) !== undefined) throw new Error(`The key id ${record.id} is taken`);
  await database.insertInto('keys').values(toKeyRow(record)).execute();
  await insertCredentials(database, record, toCredentialRows(record));
  if (record.lastUsedAt !== null) {
    await database
      .insertInto('key_uses')
      .values({
        key_id: record.id,
        last_used_at: record.lastUsedAt,
        use_count: record.useCount,
        last_used_address: record.lastUsedAddress,
      })
      .execute();
  }
  if (record.credits !== null) {
    const { remaining, refillAmount, refillIntervalSeconds, refilledAt } = record.credits;
    await database
      .insertInto('key_credits')
      .values({
        key_id: record.id,
        remaining,
        refill_amount: refillAmount,
        refill_interval_seconds: refillIntervalSeconds,
        refilled_at: refilledAt,
      })
      .execute();
  }
}

/** Replaces a key and its credentials; rejects when the stored version is not the previous one. */
export async function updateKey(database: Kysely<Tables>, record: ApiKeyRecord): Promise<void> {
  const { id, ...columns } = toKeyRow(record);
  const result = await database
    .updateTable('keys')
    .set(columns)
    .where('id', '=', id)
    .where('version', '=', record.version - 1)
    .executeTakeFirst();
  if (result.numUpdatedRows !== 1n) {
    throw new Error(`The key ${id} is not stored at version ${record.version - 1}`);
  }
  await updateCredentials(database, record);
}

/**
 * Writes only what differs, because most changes do not affect credentials, and every statement is a round trip under
 * the lock.
 */
async function updateCredentials(database: Kysely<Tables>, record: ApiKeyRecord): Promise<void> {
  const stored = await database
    .selectFrom('credentials')
    .selectAll()
    .where('key_id', '=', record.id)
    .execute();
  const wanted = toCredentialRows(record, new Map(stored.map((row) => [row.id, row.position])));
  const storedById = new Map(stored.map((row) => [row.id, row]));
  const wantedIds = new Set(wanted.map((row) => row.id));

  for (const row of stored) {
    if (wantedIds.has(row.id)) continue;
    await filterByCredential(database.deleteFrom('credentials'), row).execute();
    await database
      .deleteFrom('key_used_parts')
      .where('key_id', '=', row.key_id)
      .where('kind', '=', 'secret')
      .where('name', '=', row.id)
      .execute();
  }
  for (const row of wanted) {
    const before = storedById.get(row.id);
    if (before === undefined || isSame(before, row)) continue;
    await filterByCredential(database.updateTable('credentials').set(row), row).execute();
  }
  await insertCredentials(
    database,
    record,
    wanted.filter((row) => !storedById.has(row.id)),
  );
}

/** Restricts a statement to one credential. */
function filterByCredential<Q extends { where(column: 'key_id' | 'id', operator: '=', value: string): Q }>(
  statement: Q,
  row: Pick<CredentialsTable, 'key_id' | 'id'>,
): Q {
  return statement.where('key_id', '=', row.key_id).where('id', '=', row.id);
}

function isSame(a: Selectable<CredentialsTable>, b: Selectable<CredentialsTable>): boolean {
  return (Object.keys(b) as (keyof CredentialsTable)[]).every((column) => a[column] === b[column]);
}

async function insertCredentials(
  database: Kysely<Tables>,
  record: ApiKeyRecord,
  rows: readonly Selectable<CredentialsTable>[],
): Promise<void> {
  if (rows.length === 0) return;
  await database.insertInto('credentials').values(rows).execute();
  const inserted = new Set(rows.map((row) => row.id));
  const digests = record.credentials
    .filter(isSecret)
    .filter((credential) => inserted.has(credential.id))
    .flatMap((credential) =>
      Object.entries(credential.digests).map(([pepperId, digest]) => ({
        key_id: record.id,
        credential_id: credential.id,
        pepper_id: pepperId,
        digest,
      })),
    );
  if (digests.length > 0) await database.insertInto('credential_digests').values(digests).execute();
}

/** Adds a digest unless there is one for that pepper, or the credential no longer exists. */
export async function insertDigest(
  database: Kysely<Tables>,
  dialect: SqlDialect,
  digest: Tables['credential_digests'],
): Promise<void> {
  // Locked, so that a change cannot remove the credential in between.
  const credential = await database
    .selectFrom('credentials')
    .select('id')
    .where('key_id', '=', digest.key_id)
    .where('id', '=', digest.credential_id)
    .$if(dialect === 'postgres', (query) => query.forKeyShare())
    .executeTakeFirst();
  if (credential === undefined) return;
  await database
    .insertInto('credential_digests')
    .values(digest)
    .onConflict((conflict) => conflict.columns(['key_id', 'credential_id', 'pepper_id']).doNothing())
    .execute();
}
