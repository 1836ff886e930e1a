import type { Migration } from './migration.js';

/** Which person created a key or made a change. */
export const addMembers: Migration = {
  name: 'members of owners',
  async up({ schema }, { text }) {
    for (const column of ['kind', 'id', 'member_id', 'member_name']) {
      await schema.alterTable('keys').addColumn(`created_by_${column}`, text).execute();
    }
    await schema.alterTable('audit_events').addColumn('member_id', text).execute();
    await schema
      .createIndex('audit_events_by_member')
      .on('audit_events')
      .columns(['member_id', 'sequence'])
      .execute();
  },
};
