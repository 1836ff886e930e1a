import type { Kysely, SelectQueryBuilder } from 'kysely';
import type { KeyQuery } from '../../ports/key-store.js';
import type { Tables } from '../tables.js';

/** Which part of which list of keys. A member is one of an owner: without `ownerId`, `createdByMember` does not restrict. */
export type KeyRange = Pick<KeyQuery, 'ownerId' | 'createdByMember' | 'after' | 'until'>;

type KeyRows = SelectQueryBuilder<Tables, 'keys', object>;

const ofMember = ['keys.owner_id', 'keys.created_by_member_id', 'keys.created_at', 'keys.id'] as const;
const ofOwner = ['keys.owner_id', 'keys.created_at', 'keys.id'] as const;
const byTime = ['keys.created_at', 'keys.id'] as const;

/**
 * Selects keys between two positions, newest first: of everybody, of an owner, or of a member of an owner.
 *
 * The owner's id is compared as a range and stands in the order, so that only an index that begins with it is in that order.
 * Compared as equal, it would be left out of the order: PostgreSQL may then read the keys of everybody by their time and
 * discard those of others, which are all keys where the owner's are the oldest.
 */
export function selectKeyRange(
  database: Kysely<Tables>,
  { ownerId, createdByMember, after, until }: KeyRange,
): KeyRows {
  let keys: KeyRows = database.selectFrom('keys');
  if (ownerId === undefined) {
    if (after !== undefined) {
      keys = keys.where(({ eb, refTuple, tuple }) =>
        eb(refTuple(...byTime), '<', tuple(after.createdAt, after.id)),
      );
    }
    if (until !== undefined) {
      keys = keys.where(({ eb, refTuple, tuple }) =>
        eb(refTuple(...byTime), '>=', tuple(until.createdAt, until.id)),
      );
    }
    return sortKeys(keys, byTime);
  }
  if (createdByMember === undefined) {
    keys =
      after === undefined
        ? keys.where('keys.owner_id', '<=', ownerId)
        : keys.where(({ eb, refTuple, tuple }) =>
            eb(refTuple(...ofOwner), '<', tuple(ownerId, after.createdAt, after.id)),
          );
    keys =
      until === undefined
        ? keys.where('keys.owner_id', '>=', ownerId)
        : keys.where(({ eb, refTuple, tuple }) =>
            eb(refTuple(...ofOwner), '>=', tuple(ownerId, until.createdAt, until.id)),
          );
    return sortKeys(keys, ofOwner);
  }
  keys = keys.where('keys.created_by_member_id', 'is not', null);
  keys = keys.where(({ eb, refTuple, tuple }) =>
    after === undefined
      ? eb(refTuple('keys.owner_id', 'keys.created_by_member_id'), '<=', tuple(ownerId, createdByMember))
      : eb(refTuple(...ofMember), '<', tuple(ownerId, createdByMember, after.createdAt, after.id)),
  );
  keys = keys.where(({ eb, refTuple, tuple }) =>
    until === undefined
      ? eb(refTuple('keys.owner_id', 'keys.created_by_member_id'), '>=', tuple(ownerId, createdByMember))
      : eb(refTuple(...ofMember), '>=', tuple(ownerId, createdByMember, until.createdAt, until.id)),
  );
  return sortKeys(keys, ofMember);
}

function sortKeys(keys: KeyRows, columns: readonly (typeof ofMember)[number][]): KeyRows {
  return columns.reduce((ordered, column) => ordered.orderBy(column, 'desc'), keys);
}
