import type { Migration } from './migration.js';

/** How often keys were used, by day, route and class of status. */
export const addRoutes: Migration = {
  name: 'usage by route',
  async up({ schema }, { text, integer }) {
    await schema
      .createTable('key_routes')
      .addColumn('key_id', text, (column) => column.notNull().references('keys.id'))
      .addColumn('day', integer, (column) => column.notNull())
      .addColumn('route', text, (column) => column.notNull())
      .addColumn('status', text, (column) => column.notNull())
      .addColumn('count', integer, (column) => column.notNull())
      .addPrimaryKeyConstraint('key_routes_key', ['key_id', 'day', 'route', 'status'])
      .execute();
    await schema.createIndex('key_routes_by_day').on('key_routes').columns(['day']).execute();
  },
};
