import type { Kysely } from 'kysely';
import type { ApiKeyRecord } from '../../domain/api-key.js';
import type { SqlDialect } from '../sql-database.js';
import type { Tables } from '../tables.js';

/** Finds keys that were revoked, or have expired, at a time or earlier. Each half is read from an index. */
export async function findEndedKeys(
  database: Kysely<Tables>,
  time: number,
  limit: number,
): Promise<readonly string[]> {
  const findBy = (end: 'revoked_at' | 'expires_at', most: number) =>
    database
      .selectFrom('keys')
      .select('id')
      .where(end, '<=', time)
      .$if(end === 'expires_at', (query) =>
        query.where((eb) => eb.or([eb('revoked_at', 'is', null), eb('revoked_at', '>', time)])),
      )
      .orderBy(end)
      .orderBy('id')
      .limit(most)
      .execute();
  const revoked = await findBy('revoked_at', limit);
  const expired = revoked.length === limit ? [] : await findBy('expires_at', limit - revoked.length);
  return [...revoked, ...expired].map(({ id }) => id);
}

/** The tables whose rows belong to one key. Digests go with their credentials. */
const tablesOfKey = [
  'key_uses',
  'key_usage',
  'key_used_parts',
  'key_credits',
  'credentials',
  'expiry_notices',
  'refresh_grants',
  'revoked_tokens',
] as const;

/** Deletes a key with all its rows, and records its id and number; rejects when it is not stored at that version. */
export async function deleteKey(
  database: Kysely<Tables>,
  dialect: SqlDialect,
  { id, version }: Pick<ApiKeyRecord, 'id' | 'version'>,
): Promise<void> {
  const key = await database
    .selectFrom('keys')
    .select(['id', 'keyspace', 'owner_id', 'number'])
    .where('id', '=', id)
    .where('version', '=', version)
    // Before its rows, so that none is added to them meanwhile: that waits, and finds no key.
    .$if(dialect === 'postgres', (query) => query.forUpdate())
    .executeTakeFirst();
  if (key === undefined) throw new Error(`The key ${id} is not stored at version ${version}`);
  await database.insertInto('removed_keys').values(key).execute();
  for (const table of tablesOfKey) await database.deleteFrom(table).where('key_id', '=', id).execute();
  await database.deleteFrom('keys').where('id', '=', id).execute();
}
