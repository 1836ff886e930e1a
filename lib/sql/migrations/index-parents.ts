import { sql } from 'kysely';
import type { Migration } from './migration.js';

/** For lists of the keys below a key, and for its removal, which waits for them. */
export const indexParents: Migration = {
  name: 'index of parents',
  async up({ schema }) {
    await schema
      .createIndex('keys_by_parent')
      .on('keys')
      .columns(['parent_id', 'id'])
      .where(sql<boolean>`parent_id is not null`)
      .execute();
  },
};
