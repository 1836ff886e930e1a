import type { Migration } from './migration.js';

/** The plan of an owner, and what differs from it. */
export const addPlans: Migration = {
  name: 'plans of owners',
  async up({ schema }, { text }) {
    await schema.alterTable('owners').addColumn('plan', text).execute();
    await schema.alterTable('owners').addColumn('overrides', text).execute();
  },
};
