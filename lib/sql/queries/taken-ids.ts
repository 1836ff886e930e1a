import type { Kysely } from 'kysely';
import type { SqlDialect } from '../sql-database.js';
import { isStorable } from '../../domain/is-storable.js';
import type { Tables } from '../tables.js';
import { selectAskedIds } from './asked-ids.js';

/** Finds those of some ids that a key has, or had before it was removed: a key is never made again under them. */
export async function findTakenIds(
  database: Kysely<Tables>,
  dialect: SqlDialect,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const asked = selectAskedIds(dialect, JSON.stringify(ids.filter((id) => isStorable(id))));
  const rows = await database
    .selectFrom('keys')
    .select('id')
    .where('id', 'in', asked)
    .unionAll(database.selectFrom('removed_keys').select('id').where('id', 'in', asked))
    .execute();
  return new Set(rows.map(({ id }) => id));
}
