import type { Migration } from './migration.js';

/** The key that a key was made by. */
export const addParents: Migration = {
  name: 'parents of keys',
  async up({ schema }, { text }) {
    await schema.alterTable('keys').addColumn('parent_id', text).execute();
  },
};
