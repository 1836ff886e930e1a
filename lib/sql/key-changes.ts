import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Kysely, Selectable } from 'kysely';
import type { ApiKeyRecord } from '../domain/api-key.js';
import type { KeyUse } from '../ports/key-store.js';
import { credentialRows, keyRow } from './record-mapping.js';
import type { SqlDialect } from './sql-database.js';
import type { CredentialsTable, Tables } from './tables.js';
import type { TimeBudget } from './time-budget.js';

/** Adds a key with its credentials and digests; rejects when the id is taken. */
export async function insertKey(database: Kysely<Tables>, record: ApiKeyRecord): Promise<void> {
  await database.insertInto('keys').values(keyRow(record)).execute();
  await insertCredentials(database, record, credentialRows(record));
  if (record.lastUsedAt !== null) {
    await database
      .insertInto('key_uses')
      .values({ key_id: record.id, last_used_at: record.lastUsedAt, use_count: record.useCount })
      .execute();
  }
}

/** Replaces a key and its credentials; rejects when the stored version is not the one before. */
export async function updateKey(database: Kysely<Tables>, record: ApiKeyRecord): Promise<void> {
  const { id, ...columns } = keyRow(record);
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

/** Writes only what differs: most changes touch no credential, and every statement is a round trip under the lock. */
async function updateCredentials(database: Kysely<Tables>, record: ApiKeyRecord): Promise<void> {
  const stored = await database
    .selectFrom('credentials')
    .selectAll()
    .where('key_id', '=', record.id)
    .execute();
  const wanted = credentialRows(record, new Map(stored.map((row) => [row.id, row.position])));
  const storedById = new Map(stored.map((row) => [row.id, row]));
  const wantedIds = new Set(wanted.map((row) => row.id));

  for (const row of stored) {
    if (!wantedIds.has(row.id)) await thisCredential(database.deleteFrom('credentials'), row).execute();
  }
  for (const row of wanted) {
    const before = storedById.get(row.id);
    if (before === undefined || isSame(before, row)) continue;
    await thisCredential(database.updateTable('credentials').set(row), row).execute();
  }
  await insertCredentials(
    database,
    record,
    wanted.filter((row) => !storedById.has(row.id)),
  );
}

/** Narrows a statement to one credential. */
function thisCredential<Q extends { where(column: 'key_id' | 'id', operator: '=', value: string): Q }>(
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

/** Adds a digest unless there is one for that pepper, or the credential is gone. */
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

/** Rows in one statement. SQLite runs in the thread of the event loop, and a statement is one pause for it. */
const usesPerStatement = 100;

/** Adds uses and moves the times of last use forward; keys that do not exist are left out. */
export async function advanceUses(
  database: Kysely<Tables>,
  uses: readonly KeyUse[],
  budget: TimeBudget,
): Promise<void> {
  // In order of id, so that two batches never wait for each other's rows in a circle.
  const merged = [...mergedByKey(uses).values()].sort((a, b) => (a.keyId < b.keyId ? -1 : 1));
  for (let start = 0; start < merged.length; start += usesPerStatement) {
    // Whoever asked was told at the deadline that it failed, and may send the same uses again.
    budget.check();
    await advanceBatch(database, merged.slice(start, start + usesPerStatement));
  }
}

function mergedByKey(uses: readonly KeyUse[]): Map<string, KeyUse> {
  const merged = new Map<string, KeyUse>();
  for (const use of uses) {
    const { keyId, at, count } = merged.get(use.keyId) ?? { ...use, count: 0 };
    merged.set(keyId, { keyId, at: Math.max(at, use.at), count: count + use.count });
  }
  return merged;
}

async function advanceBatch(database: Kysely<Tables>, batch: readonly KeyUse[]): Promise<void> {
  const ids = batch.map((use) => use.keyId);
  const known = await database.selectFrom('keys').select('id').where('id', 'in', ids).execute();
  await nextTurn();
  const knownIds = new Set(known.map((row) => row.id));
  const rows = batch
    .filter((use) => knownIds.has(use.keyId))
    .map(({ keyId, at, count }) => ({ key_id: keyId, last_used_at: at, use_count: count }));
  if (rows.length === 0) return;
  await database
    .insertInto('key_uses')
    .values(rows)
    .onConflict((conflict) =>
      conflict.column('key_id').doUpdateSet((eb) => ({
        last_used_at: eb
          .case()
          .when('excluded.last_used_at', '>', eb.ref('key_uses.last_used_at'))
          .then(eb.ref('excluded.last_used_at'))
          .else(eb.ref('key_uses.last_used_at'))
          .end(),
        use_count: eb('key_uses.use_count', '+', eb.ref('excluded.use_count')),
      })),
    )
    .execute();
  await nextTurn();
}
