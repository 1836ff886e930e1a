import { sql } from 'kysely';
import type { Migration } from './migration.js';

/** What is left of removed keys, and indexes to find the keys that are due and what is stored with them. */
export const addRemovedKeys: Migration = {
  name: 'removed keys',
  async up({ schema }, { text, integer }) {
    await schema
      .createTable('removed_keys')
      .addColumn('id', text, (column) => column.primaryKey().notNull())
      .addColumn('keyspace', text, (column) => column.notNull())
      .addColumn('owner_id', text, (column) => column.notNull())
      .addColumn('number', integer)
      .execute();
    await schema
      .createIndex('removed_keys_by_owner')
      .on('removed_keys')
      .columns(['owner_id', 'keyspace', 'number'])
      .execute();
    await schema
      .createIndex('keys_by_revocation')
      .on('keys')
      .columns(['revoked_at', 'id'])
      .where(sql<boolean>`revoked_at is not null`)
      .execute();
    await schema.createIndex('revoked_tokens_by_key').on('revoked_tokens').columns(['key_id']).execute();
  },
};
