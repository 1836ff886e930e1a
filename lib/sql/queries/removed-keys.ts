import type { Expression, ExpressionBuilder, Kysely, SqlBool } from 'kysely';
import type { ApiKeyRecord } from '../../domain/api-key.js';
import { maxAncestors } from '../../domain/key-ancestor.js';
import type { SqlDialect } from '../sql-database.js';
import type { Tables } from '../tables.js';

/**
 * Finds keys that have no keys below them, and were revoked, or have expired, at a time or earlier, as were keys above them. Keys
 * that have such an end themselves are read from an index; those below them are queried when there are no others.
 */
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
      .where(hasNoChildren)
      .$if(end === 'expires_at', (query) => query.where((eb) => eb.not(isAt(eb, 'revoked_at', time))))
      .orderBy(end)
      .orderBy('id')
      .limit(most)
      .execute();
  const found = await findBy('revoked_at', limit);
  if (found.length < limit) found.push(...(await findBy('expires_at', limit - found.length)));
  if (found.length < limit) found.push(...(await findBelowEnded(database, time, limit - found.length)));
  return found.map(({ id }) => id);
}

/** Finds keys below keys that have ended, which have not ended themselves. */
function findBelowEnded(
  database: Kysely<Tables>,
  time: number,
  limit: number,
): Promise<{ readonly id: string }[]> {
  const hasEnded = (eb: ExpressionBuilder<Tables, 'keys'>): Expression<SqlBool> =>
    eb.or([isAt(eb, 'revoked_at', time), isAt(eb, 'expires_at', time)]);
  // Each from its index: with both ends in one condition, all keys would be read.
  const selectEnded = (end: 'revoked_at' | 'expires_at') =>
    database.selectFrom('keys').where(end, '<=', time).select('keys.id');
  return database
    .withRecursive('below(id, depth)', (builder) =>
      builder
        .selectFrom(selectEnded('revoked_at').union(selectEnded('expires_at')).as('ended'))
        .select(({ lit }) => ['ended.id', lit(0).as('depth')])
        .unionAll(
          builder
            .selectFrom('below')
            // In this order: SQLite keeps it in a cross join, and would read all keys first otherwise.
            .crossJoin('keys as child')
            .whereRef('child.parent_id', '=', 'below.id')
            .where('below.depth', '<', maxAncestors)
            .select((eb) => ['child.id', eb('below.depth', '+', 1).as('depth')]),
        ),
    )
    .selectFrom('below')
    .crossJoin('keys')
    .whereRef('keys.id', '=', 'below.id')
    .select('keys.id')
    .distinct()
    .where((eb) => eb.not(hasEnded(eb)))
    .where(hasNoChildren)
    .limit(limit)
    .execute();
}

/** Whether a key was revoked, or has expired, at a time or earlier. */
function isAt(
  eb: ExpressionBuilder<Tables, 'keys'>,
  end: 'revoked_at' | 'expires_at',
  time: number,
): Expression<SqlBool> {
  return eb.and([eb(end, 'is not', null), eb(end, '<=', time)]);
}

/** Looked up for each key: as a condition `not exists`, PostgreSQL may read all children there are. */
function hasNoChildren(eb: ExpressionBuilder<Tables, 'keys'>): Expression<SqlBool> {
  const child = eb
    .selectFrom('keys as child')
    .select('child.id')
    .whereRef('child.parent_id', '=', 'keys.id')
    .limit(1);
  return eb(child, 'is', null);
}

/** The tables whose rows belong to one key. Digests go with their credentials. */
const tablesOfKey = [
  'key_uses',
  'key_usage',
  'key_used_parts',
  'key_routes',
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
