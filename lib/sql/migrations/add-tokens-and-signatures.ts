import { sql, type Kysely } from 'kysely';
import type { ColumnTypes } from '../column-types.js';
import type { Tables } from '../tables.js';
import type { Migration } from './migration.js';

/** Access tokens with the keys that sign them, and credentials that sign requests. */
export const addTokensAndSignatures: Migration = {
  name: 'tokens and signatures',
  async up(database, types) {
    await createTokenTables(database, types);
    await extendCredentials(database, types);
  },
};

/** Creates the tables of access tokens and of the keys that sign them. */
async function createTokenTables({ schema }: Kysely<Tables>, { text, integer }: ColumnTypes): Promise<void> {
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

async function extendCredentials({ schema }: Kysely<Tables>, { text }: ColumnTypes): Promise<void> {
  for (const name of ['sealed_secret', 'algorithm', 'spki', 'sha256_fingerprint', 'md5_fingerprint']) {
    await schema.alterTable('credentials').addColumn(name, text).execute();
  }
}
