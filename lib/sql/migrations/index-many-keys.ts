import { sql, type Kysely } from 'kysely';
import { InvalidOptionError } from '../../errors.js';
import { quoteName } from '../postgres/quote-name.js';
import type { Tables } from '../tables.js';
import type { Migration } from './migration.js';

const indexNames = [
  'keys_unrevoked_by_owner',
  'keys_unrevoked_by_keyspace',
  'keys_by_number',
  'keys_by_member',
  'expiry_notices_by_end',
] as const;

/**
 * For what is asked about one owner, however many keys the owner has or has revoked: the keys that were not revoked, the highest
 * number, and the keys of a member. And for the removal of old notices. An operator may have built them before, without a lock.
 */
export const indexManyKeys: Migration = {
  name: 'indexes for owners with many keys',
  async up(database, _types, dialect) {
    const { schema } = database;
    if (dialect === 'postgres') await refuseInvalidIndexes(database);
    const ofUnrevoked = sql<boolean>`revoked_at is null`;
    await schema
      .createIndex('keys_unrevoked_by_owner')
      .ifNotExists()
      .on('keys')
      .columns(['owner_id', 'created_at', 'id'])
      .where(ofUnrevoked)
      .execute();
    await schema
      .createIndex('keys_unrevoked_by_keyspace')
      .ifNotExists()
      .on('keys')
      .columns(['owner_id', 'keyspace', 'created_at', 'id'])
      .where(ofUnrevoked)
      .execute();
    await schema
      .createIndex('keys_by_number')
      .ifNotExists()
      .on('keys')
      .columns(['owner_id', 'keyspace', 'number'])
      .where(sql<boolean>`number is not null`)
      .execute();
    await schema
      .createIndex('keys_by_member')
      .ifNotExists()
      .on('keys')
      .columns(['owner_id', 'created_by_member_id', 'created_at', 'id'])
      .where(sql<boolean>`created_by_member_id is not null`)
      .execute();
    await schema
      .createIndex('expiry_notices_by_end')
      .ifNotExists()
      .on('expiry_notices')
      .columns(['expires_at'])
      .execute();
    // A build that was going on may have failed while the first statement waited for it.
    if (dialect === 'postgres') await refuseInvalidIndexes(database);
  },
};

/**
 * PostgreSQL keeps the index of a concurrent build that was cancelled. It answers no query, and `if not exists` finds it. It is not
 * dropped here: the lock for that would keep every read of keys waiting until the migration is committed.
 *
 * @throws InvalidOptionError with the statements that drop them
 */
async function refuseInvalidIndexes(database: Kysely<Tables>): Promise<void> {
  // Another schema of the database may have indexes of the same names.
  const ownTable = database
    .selectFrom('schema_versions')
    .select(sql<number>`tableoid`.as('table'))
    .limit(1);
  const { rows } = await sql<{ schema: string; name: string }>`
    select n.nspname as "schema", c.relname as "name" from pg_catalog.pg_index as i
      join pg_catalog.pg_class as c on c.oid = i.indexrelid
      join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
      join pg_catalog.pg_class as own on own.relnamespace = n.oid
    where not i.indisvalid and c.relname in (${sql.join([...indexNames])}) and own.oid = (${ownTable})
    order by c.relname`.execute(database);
  if (rows.length === 0) return;
  const statements = rows.map(
    ({ schema, name }) => `DROP INDEX CONCURRENTLY ${quoteName(schema)}.${quoteName(name)};`,
  );
  throw new InvalidOptionError(
    `PostgreSQL has invalid indexes of the migration: their build was cancelled, or is going on. Wait for it, or drop them ` +
      `and start again: ${statements.join(' ')}`,
  );
}
