import { sql, type Kysely } from 'kysely';
import type { SqlDialect } from '../sql-database.js';
import { isStorable } from '../../domain/is-storable.js';
import type { Tables } from '../tables.js';
import { deleteFound } from './delete-found.js';

/** Removes the personal part of entries, and returns how many had one. */
export async function eraseEntries(database: Kysely<Tables>, sequences: readonly number[]): Promise<number> {
  if (sequences.length === 0) return 0;
  const { numUpdatedRows } = await database
    .updateTable('audit_events')
    .set({ personal: null, member_id: null })
    .where('sequence', 'in', sequences)
    .where('personal', 'is not', null)
    .executeTakeFirstOrThrow();
  return Number(numUpdatedRows);
}

/** Deletes events of an owner, and those of unknown callers with one of its keys, at most `limit` of them. */
export async function deleteAccessEventsOfOwner(
  database: Kysely<Tables>,
  dialect: SqlDialect,
  ownerId: string,
  limit: number,
): Promise<number> {
  if (!isStorable(ownerId)) return 0;
  const some = database
    .selectFrom('access_events')
    .select('id')
    .where(({ and, eb, or, selectFrom }) =>
      or([
        eb('owner_id', '=', ownerId),
        and([
          eb('owner_id', 'is', null),
          eb('key_id', 'in', selectFrom('keys').select('keys.id').where('keys.owner_id', '=', ownerId)),
          eb(
            sql`${dialect === 'postgres' ? sql`payload::json` : sql`payload`} -> 'actor' ->> 'id'`,
            'is',
            null,
          ),
        ]),
      ]),
    )
    .limit(limit);
  return deleteFound(database, dialect, {
    table: 'access_events',
    columns: ['id'],
    rows: some,
    locked: 'wait',
  });
}

/** Removes the addresses that keys were last used from. */
export async function eraseUseAddresses(
  database: Kysely<Tables>,
  dialect: SqlDialect,
  keyIds: readonly string[],
): Promise<number> {
  if (keyIds.length === 0) return 0;
  const used = database
    .selectFrom('key_uses as used')
    .select('used.key_id')
    .where('used.key_id', 'in', keyIds)
    .where('used.last_used_address', 'is not', null)
    // In the order in which uses are written, so that neither deadlocks on the other's rows.
    .orderBy('used.key_id')
    .$if(dialect === 'postgres', (query) => query.forUpdate());
  const { numUpdatedRows } = await database
    .updateTable('key_uses')
    .set({ last_used_address: null })
    .where('key_id', 'in', used)
    .executeTakeFirstOrThrow();
  return Number(numUpdatedRows);
}

/** Deletes the chains of refresh tokens of keys. */
export async function deleteRefreshGrants(
  database: Kysely<Tables>,
  keyIds: readonly string[],
): Promise<number> {
  if (keyIds.length === 0) return 0;
  const { numDeletedRows } = await database
    .deleteFrom('refresh_grants')
    .where('key_id', 'in', keyIds)
    .executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}
