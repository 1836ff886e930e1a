import type { Migration } from './migration.js';

/** Owners that are suspended. */
export const addOwners: Migration = {
  name: 'owners',
  async up({ schema }, { text, integer }) {
    await schema
      .createTable('owners')
      .addColumn('owner_id', text, (column) => column.primaryKey().notNull())
      .addColumn('suspended_at', integer)
      .addColumn('suspension_reason', text)
      .addColumn('version', integer, (column) => column.notNull())
      .addColumn('created_at', integer, (column) => column.notNull())
      .addColumn('updated_at', integer, (column) => column.notNull())
      .execute();
  },
};
