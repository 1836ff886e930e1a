import type { Kysely } from 'kysely';
import type { ColumnTypes } from '../column-types.js';
import type { Tables } from '../tables.js';
import type { Migration } from './migration.js';

/** The keys, their credentials, and the audit log. */
export const createKeysAndTrail: Migration = {
  name: 'keys and audit trail',
  async up(database, types) {
    await createKeys(database, types);
    await createCredentials(database, types);
    await createAuditTrail(database, types);
  },
};

async function createKeys({ schema }: Kysely<Tables>, { text, integer }: ColumnTypes): Promise<void> {
  await schema
    .createTable('keys')
    .addColumn('id', text, (column) => column.primaryKey().notNull())
    .addColumn('keyspace', text, (column) => column.notNull())
    .addColumn('owner_id', text, (column) => column.notNull())
    .addColumn('name', text, (column) => column.notNull())
    .addColumn('description', text)
    .addColumn('scopes', text, (column) => column.notNull())
    .addColumn('environment', text, (column) => column.notNull())
    .addColumn('enabled', integer, (column) => column.notNull())
    .addColumn('revoked_at', integer)
    .addColumn('expires_at', integer)
    .addColumn('ip_allowlist', text)
    .addColumn('metadata', text, (column) => column.notNull())
    .addColumn('hint_prefix', text, (column) => column.notNull())
    .addColumn('hint_last_four', text, (column) => column.notNull())
    .addColumn('version', integer, (column) => column.notNull())
    .addColumn('created_at', integer, (column) => column.notNull())
    .addColumn('updated_at', integer, (column) => column.notNull())
    .execute();
  await schema.createIndex('keys_by_time').on('keys').columns(['created_at', 'id']).execute();
  await schema.createIndex('keys_by_owner').on('keys').columns(['owner_id', 'created_at', 'id']).execute();
  await schema
    .createTable('key_uses')
    .addColumn('key_id', text, (column) => column.primaryKey().notNull().references('keys.id'))
    .addColumn('last_used_at', integer, (column) => column.notNull())
    .execute();
}

async function createCredentials({ schema }: Kysely<Tables>, { text, integer }: ColumnTypes): Promise<void> {
  await schema
    .createTable('credentials')
    .addColumn('key_id', text, (column) => column.notNull().references('keys.id'))
    .addColumn('id', text, (column) => column.notNull())
    .addColumn('position', integer, (column) => column.notNull())
    .addColumn('kind', text, (column) => column.notNull())
    .addColumn('bcrypt_hash', text)
    .addColumn('secret_check', text)
    .addColumn('created_at', integer, (column) => column.notNull())
    .addColumn('ended_at', integer)
    .addColumn('ends_at', integer)
    .addPrimaryKeyConstraint('credentials_key', ['key_id', 'id'])
    .execute();
  await schema
    .createTable('credential_digests')
    .addColumn('key_id', text, (column) => column.notNull())
    .addColumn('credential_id', text, (column) => column.notNull())
    .addColumn('pepper_id', text, (column) => column.notNull())
    .addColumn('digest', text, (column) => column.notNull())
    .addPrimaryKeyConstraint('credential_digests_key', ['key_id', 'credential_id', 'pepper_id'])
    .addForeignKeyConstraint(
      'credential_digests_of_credential',
      ['key_id', 'credential_id'],
      'credentials',
      ['key_id', 'id'],
      (constraint) => constraint.onDelete('cascade'),
    )
    .execute();
}

async function createAuditTrail(database: Kysely<Tables>, { text, integer }: ColumnTypes): Promise<void> {
  const { schema } = database;
  await schema
    .createTable('audit_events')
    .addColumn('sequence', integer, (column) => column.primaryKey().notNull())
    .addColumn('key_id', text, (column) => column.notNull())
    .addColumn('owner_id', text, (column) => column.notNull())
    .addColumn('action', text, (column) => column.notNull())
    .addColumn('at', integer, (column) => column.notNull())
    .addColumn('payload', text, (column) => column.notNull())
    .addColumn('hash', text, (column) => column.notNull())
    .execute();
  await schema
    .createIndex('audit_events_by_key')
    .on('audit_events')
    .columns(['key_id', 'sequence'])
    .execute();
  await schema
    .createIndex('audit_events_by_owner')
    .on('audit_events')
    .columns(['owner_id', 'sequence'])
    .execute();
  await schema
    .createTable('audit_head')
    .addColumn('id', integer, (column) => column.primaryKey().notNull())
    .addColumn('sequence', integer, (column) => column.notNull())
    .addColumn('hash', text, (column) => column.notNull())
    .execute();
  // The hash that the first entry is chained to, as in lib/ports/audit-chain.ts.
  await database
    .insertInto('audit_head')
    .values({ id: 1, sequence: 0, hash: '0'.repeat(64) })
    .execute();
}
