import { sql } from 'kysely';
import type { Migration } from './migration.js';

/**
 * For what is asked about one owner, however many keys the owner has or has revoked: the keys that were not revoked, the highest
 * number, and the keys of a member. And for the removal of old notices. An operator may have built them before, without a lock.
 */
export const indexManyKeys: Migration = {
  name: 'indexes for owners with many keys',
  async up({ schema }) {
    const ofUnrevoked = sql<boolean>`revoked_at is null`;
    await schema
      .createIndex('keys_unrevoked_by_owner')
      .ifNotExists()
      .on('keys')
      .columns(['owner_id', 'created_at', 'id'])
      .where(ofUnrevoked)
      .execute();
    await schema
      .createIndex('keys_unrevoked_by_keyspace')
      .ifNotExists()
      .on('keys')
      .columns(['owner_id', 'keyspace', 'created_at', 'id'])
      .where(ofUnrevoked)
      .execute();
    await schema
      .createIndex('keys_by_number')
      .ifNotExists()
      .on('keys')
      .columns(['owner_id', 'keyspace', 'number'])
      .where(sql<boolean>`number is not null`)
      .execute();
    await schema
      .createIndex('keys_by_member')
      .ifNotExists()
      .on('keys')
      .columns(['owner_id', 'created_by_member_id', 'created_at', 'id'])
      .where(sql<boolean>`created_by_member_id is not null`)
      .execute();
    await schema
      .createIndex('expiry_notices_by_end')
      .ifNotExists()
      .on('expiry_notices')
      .columns(['expires_at'])
      .execute();
  },
};
