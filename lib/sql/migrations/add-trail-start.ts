import type { Migration } from './migration.js';
import { firstAuditHash } from '../../ports/audit-chain.js';

/** Where the kept part of the trail starts: after the last entry that retention has cut off. */
export const addTrailStart: Migration = {
  name: 'start of the trail',
  async up({ schema }, { text, integer }) {
    const table = schema.alterTable('audit_head');
    await table.addColumn('start_sequence', integer, (column) => column.notNull().defaultTo(0)).execute();
    await table
      .addColumn('start_hash', text, (column) => column.notNull().defaultTo(firstAuditHash))
      .execute();
    await table.addColumn('start_entry', integer, (column) => column.notNull().defaultTo(0)).execute();
  },
};
