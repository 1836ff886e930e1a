import type { Migration } from './migration.js';

/** What owners have spent of the credits that their keys share. */
export const addOwnerCredits: Migration = {
  name: 'credits of owners',
  async up({ schema }, { text, integer }) {
    await schema
      .createTable('owner_credits')
      .addColumn('owner_id', text, (column) => column.notNull())
      .addColumn('environment', text, (column) => column.notNull())
      .addColumn('spent', integer, (column) => column.notNull())
      .addColumn('since', integer, (column) => column.notNull())
      .addPrimaryKeyConstraint('owner_credits_key', ['owner_id', 'environment'])
      .execute();
  },
};
