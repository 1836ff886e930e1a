import type { Migration } from './migration.js';

/** The resources that a key is bound to. */
export const addResources: Migration = {
  name: 'resources of keys',
  async up({ schema }, { text }) {
    await schema.alterTable('keys').addColumn('resources', text).execute();
  },
};
