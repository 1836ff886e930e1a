import { writeFirstHistory } from '../server-history.js';
import type { Migration } from './migration.js';

/** Which history the server continued when it took the last change, and since when. */
export const addHistory: Migration = {
  name: 'history of the server',
  async up(database, { text, integer }, dialect) {
    const table = database.schema.alterTable('audit_head');
    await table.addColumn('history', text, (column) => column.notNull().defaultTo('')).execute();
    await table.addColumn('history_since', integer, (column) => column.notNull().defaultTo(0)).execute();
    await writeFirstHistory(database, dialect);
  },
};
