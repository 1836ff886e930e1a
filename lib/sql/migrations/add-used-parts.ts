import type { Migration } from './migration.js';

/** Which scopes of a key requests needed, and which of its replaced secrets were used. */
export const addUsedParts: Migration = {
  name: 'used parts of keys',
  async up({ schema }, { text, integer }) {
    await schema
      .createTable('key_used_parts')
      .addColumn('key_id', text, (column) => column.notNull().references('keys.id').onDelete('cascade'))
      .addColumn('kind', text, (column) => column.notNull())
      .addColumn('name', text, (column) => column.notNull())
      .addColumn('first_used_on', integer, (column) => column.notNull())
      .addColumn('last_used_on', integer, (column) => column.notNull())
      .addPrimaryKeyConstraint('key_used_parts_key', ['key_id', 'kind', 'name'])
      .execute();
  },
};
