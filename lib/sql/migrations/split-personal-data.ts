import type { Migration } from './migration.js';

/** The address and the request of a change, apart from what the chain of hashes covers; and an index to find grants by their key. */
export const splitPersonalData: Migration = {
  name: 'personal data apart',
  async up({ schema }, { text }) {
    await schema.alterTable('audit_events').addColumn('personal', text).execute();
    await schema.createIndex('refresh_grants_by_key').on('refresh_grants').columns(['key_id']).execute();
  },
};
