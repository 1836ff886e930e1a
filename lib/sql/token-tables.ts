import { sql, type Kysely } from 'kysely';
import type { ColumnTypes } from './column-types.js';
import type { Tables } from './tables.js';

/** Creates the tables of access tokens and of the keys that sign them. */
export async function createTokenTables(
  { schema }: Kysely<Tables>,
  { text, integer }: ColumnTypes,
): Promise<void> {
  await schema.alterTable('keys').addColumn('token_lifetime_seconds', integer).execute();
  await schema
    .createTable('signing_keys')
    .addColumn('id', text, (column) => column.primaryKey().notNull())
    .addColumn('algorithm', text, (column) => column.notNull())
    .addColumn('sealed_key', text, (column) => column.notNull())
    .addColumn('created_at', integer, (column) => column.notNull())
    .addColumn('active_from', integer, (column) => column.notNull())
    .execute();
  await schema
    .createTable('refresh_grants')
    .addColumn('id', text, (column) => column.primaryKey().notNull())
    .addColumn('key_id', text, (column) => column.notNull().references('keys.id'))
    .addColumn('credential_id', text, (column) => column.notNull())
    .addColumn('scopes', text, (column) => column.notNull())
    .addColumn('session', text)
    .addColumn('expires_at', integer, (column) => column.notNull())
    .addColumn('digest', text, (column) => column.notNull())
    .execute();
  await schema.createIndex('refresh_grants_by_end').on('refresh_grants').columns(['expires_at']).execute();
  await schema
    .createIndex('refresh_grants_by_session')
    .on('refresh_grants')
    .columns(['key_id', 'expires_at'])
    .where(sql<boolean>`session is not null`)
    .execute();
  await schema
    .createTable('revoked_tokens')
    .addColumn('id', text, (column) => column.primaryKey().notNull())
    .addColumn('key_id', text, (column) => column.notNull().references('keys.id'))
    .addColumn('expires_at', integer, (column) => column.notNull())
    .execute();
  await schema.createIndex('revoked_tokens_by_end').on('revoked_tokens').columns(['expires_at']).execute();
}
