import type { Migration } from './migration.js';

/** Keys that end when they are not used. */
export const addIdleKeys: Migration = {
  name: 'idle keys',
  async up({ schema }, { integer }) {
    await schema.alterTable('keys').addColumn('max_idle_days', integer).execute();
    await schema.alterTable('keys').addColumn('activated_at', integer).execute();
  },
};
