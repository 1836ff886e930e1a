import type { Kysely } from 'kysely';
import { prepareStatement } from '../prepared-statement.js';
import type { SqlDialect } from '../sql-database.js';
import { isStorable } from '../../domain/is-storable.js';
import type { Tables } from '../tables.js';
import { selectAskedIds } from './asked-ids.js';

/** Finds those of some ids that belong to keys. */
export type FindExisting = (on: Kysely<Tables>, ids: readonly string[]) => Promise<ReadonlySet<string>>;

/** @param database - any connection of the store; the statement can be run on each of them */
export function compileFindExisting(database: Kysely<Tables>, dialect: SqlDialect): FindExisting {
  const asked = selectAskedIds(dialect, '');
  const find = prepareStatement<{ id: string }>(
    database.selectFrom('keys').select('id').where('id', 'in', asked),
  );
  return async (on, ids) => {
    const { rows } = await find(on, [JSON.stringify(ids.filter((id) => isStorable(id)))]);
    return new Set(rows.map(({ id }) => id));
  };
}
