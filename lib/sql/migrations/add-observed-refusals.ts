import type { Migration } from './migration.js';

/** What guards in observe mode would have refused. */
export const addObservedRefusals: Migration = {
  name: 'observed refusals',
  async up({ schema }, { text, integer }) {
    await schema
      .createTable('observed_refusals')
      .addColumn('hour', integer, (column) => column.notNull())
      .addColumn('method', text, (column) => column.notNull())
      .addColumn('route', text, (column) => column.notNull())
      .addColumn('code', text, (column) => column.notNull())
      .addColumn('key_id', text, (column) => column.notNull())
      .addColumn('owner_id', text, (column) => column.notNull())
      .addColumn('count', integer, (column) => column.notNull())
      .addColumn('first_at', integer, (column) => column.notNull())
      .addColumn('last_at', integer, (column) => column.notNull())
      .addPrimaryKeyConstraint('observed_refusals_key', ['hour', 'method', 'route', 'code', 'key_id'])
      .execute();
    await schema
      .createIndex('observed_refusals_by_owner')
      .on('observed_refusals')
      .columns(['owner_id'])
      .execute();
  },
};
