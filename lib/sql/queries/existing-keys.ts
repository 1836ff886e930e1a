import type { Kysely } from 'kysely';
import type { FeedPosition } from '../../ports/change-feed.js';
import {
  createStaleServerError,
  isFromStaleServer,
  isServerCurrent,
  listPositionParameters,
  type ServerCheck,
} from '../position-check.js';
import { prepareStatement } from '../prepared-statement.js';
import type { SqlDialect } from '../sql-database.js';
import { isStorable } from '../../domain/is-storable.js';
import type { Tables } from '../tables.js';
import { selectAskedIds } from './asked-ids.js';

/**
 * Finds those of some ids that belong to keys, on a server that has a change. Rejects with `ERR_API_KEYS_UNAVAILABLE` when
 * the server lacks it.
 */
export type FindExisting = (
  on: Kysely<Tables>,
  position: FeedPosition,
  ids: readonly string[],
) => Promise<ReadonlySet<string>>;

/** @param database - any connection of the store; the statement can be run on each of them */
export function compileFindExisting(database: Kysely<Tables>, dialect: SqlDialect): FindExisting {
  const asked = selectAskedIds(dialect, '');
  const existing = database.selectFrom('keys').select('id').where('id', 'in', asked);
  const find = prepareStatement<ServerCheck & { id: string | null }>(
    database
      .selectFrom(database.selectNoFrom(isServerCurrent(database, dialect)).as('server'))
      .leftJoin(existing.as('key'), (on) => on.onTrue())
      .select(['server.is_current', 'key.id']),
  );
  return async (on, position, ids) => {
    const stored = JSON.stringify(ids.filter((id) => isStorable(id)));
    const { rows } = await find(on, [...listPositionParameters(position), stored]);
    if (isFromStaleServer(rows)) throw createStaleServerError();
    return new Set(rows.flatMap(({ id }) => id ?? []));
  };
}
