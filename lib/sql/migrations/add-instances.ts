import type { Kysely } from 'kysely';
import type { ColumnTypes } from '../column-types.js';
import type { Tables } from '../tables.js';
import type { Migration } from './migration.js';

/** The processes that the feed waits for, and how often each key was used. */
export const addInstances: Migration = {
  name: 'instances and use counts',
  async up(database, types) {
    await createInstances(database, types);
    await database.schema
      .alterTable('key_uses')
      .addColumn('use_count', types.integer, (column) => column.notNull().defaultTo(0))
      .execute();
  },
};

async function createInstances({ schema }: Kysely<Tables>, { text, integer }: ColumnTypes): Promise<void> {
  await schema
    .createTable('instances')
    .addColumn('id', text, (column) => column.primaryKey().notNull())
    .addColumn('beat', integer, (column) => column.notNull())
    .addColumn('acked', integer, (column) => column.notNull())
    .addColumn('lease_ms', integer, (column) => column.notNull())
    .execute();
}
