import type { Kysely } from 'kysely';
import type { SqlDialect } from '../sql-database.js';
import type { Tables } from '../tables.js';
import { deleteFound } from './delete-found.js';

/** Which counts: those of hours before a time, in epoch milliseconds, or those of keys. */
type OldUsage = { readonly before: number } | { readonly keyIds: readonly string[] };

/** Deletes counts of the uses of keys, at most `limit` of them. */
export async function deleteUsage(
  database: Kysely<Tables>,
  dialect: SqlDialect,
  old: OldUsage,
  limit: number,
): Promise<number> {
  if ('keyIds' in old && old.keyIds.length === 0) return 0;
  const all = database.selectFrom('key_usage as old').select(['old.key_id', 'old.hour', 'old.verdict']);
  // In the order of the index that each is read from, and no further: all counts of an hour would be read to be put in order.
  const matching =
    'before' in old
      ? all.where('old.hour', '<', old.before).orderBy('old.hour')
      : all
          .where('old.key_id', 'in', old.keyIds)
          .orderBy('old.key_id')
          .orderBy('old.hour')
          .orderBy('old.verdict');
  return deleteFound(database, dialect, {
    table: 'key_usage',
    columns: ['key_id', 'hour', 'verdict'],
    rows: matching.limit(limit),
    locked: 'before' in old ? 'skip' : 'wait',
  });
}
