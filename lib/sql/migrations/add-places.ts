import type { Migration } from './migration.js';

/** Where each process keeps the nonces of signed requests. */
export const addPlaces: Migration = {
  name: 'places of processes',
  async up(database, { text, integer }) {
    const { schema } = database;
    await schema.alterTable('instances').addColumn('place', text).execute();
    await schema
      .alterTable('instances')
      .addColumn('takes_signatures', integer, (column) => column.notNull().defaultTo(0))
      .execute();
    await schema
      .createTable('signature_place')
      .addColumn('id', integer, (column) => column.primaryKey().notNull())
      .addColumn('place', text)
      .addColumn('since', integer, (column) => column.notNull())
      .execute();
    await database.insertInto('signature_place').values({ id: 1, place: null, since: 0 }).execute();
  },
};
