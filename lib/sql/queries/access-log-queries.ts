import { sql } from 'kysely';
import type { AliasedRawBuilder, Kysely, Selectable } from 'kysely';
import type { AccessAction, AccessEntry } from '../../domain/access-entry.js';
import type { AccessQuery } from '../../ports/access-log.js';
import { prepareStatement } from '../prepared-statement.js';
import type { SqlDialect } from '../sql-database.js';
import { isStorable } from '../is-storable.js';
import type { AccessEventsTable, Tables } from '../tables.js';
import { writeInBatches } from '../write-in-batches.js';

/** Adds events; those that are already stored are skipped. */
export type InsertAccessEvents = (on: Kysely<Tables>, events: readonly AccessEntry[]) => Promise<void>;

type Row = Selectable<AccessEventsTable>;

/** @param database - any connection of the store; the statement can be run on each of them */
export function compileInsertAccessEvents(database: Kysely<Tables>, dialect: SqlDialect): InsertAccessEvents {
  const insert = prepareStatement(
    database
      .insertInto('access_events')
      .columns(columns)
      .expression((on) =>
        on
          .selectFrom(selectRows(dialect))
          .select(columns)
          // Without a condition, SQLite takes the "on conflict" for one of a join.
          .where(sql.lit(true)),
      )
      .onConflict((conflict) => conflict.column('id').doNothing()),
  );
  return (on, events) => {
    const rows = events.filter(isStorableEvent).map(toRow);
    return writeInBatches(rows, (json) => insert(on, [json]));
  };
}

const columns = ['id', 'at', 'action', 'code', 'key_id', 'owner_id', 'payload'] as const;

/**
 * The events as rows. They are passed as one JSON string, because hundreds of parameters cost far more than the work
 * itself.
 */
function selectRows(dialect: SqlDialect): AliasedRawBuilder<Row, 'events'> {
  const json = '';
  if (dialect === 'postgres') {
    return sql<Row>`(select * from json_to_recordset(${json}::json) as rows(id text, at bigint, action text, code text, key_id text, owner_id text, payload text))`.as(
      'events',
    );
  }
  const extracted = sql.join(
    columns.map((name) => sql`json_extract(value, ${sql.lit(`$.${name}`)}) as ${sql.ref(name)}`),
  );
  return sql<Row>`(select ${extracted} from json_each(${json}))`.as('events');
}

function isStorableEvent({ keyId, ownerId, actor, route, ...event }: AccessEntry): boolean {
  return isStorable(event.id, event.method, route, keyId ?? '', ownerId ?? '', actor?.id ?? '');
}

function toRow(event: AccessEntry): Row {
  const { id, at, action, code, keyId, ownerId, ...others } = event;
  return { id, at, action, code, key_id: keyId, owner_id: ownerId, payload: JSON.stringify(others) };
}

function toAccessEvent(row: Row): AccessEntry {
  const { id, at, action, code, key_id: keyId, owner_id: ownerId, payload } = row;
  const others = JSON.parse(payload) as Omit<
    AccessEntry,
    'id' | 'at' | 'action' | 'code' | 'keyId' | 'ownerId'
  >;
  return { id, at, action: action as AccessAction, code, keyId, ownerId, ...others };
}

/** One page, newest first. */
export async function listAccessEvents(
  database: Kysely<Tables>,
  query: AccessQuery,
): Promise<readonly AccessEntry[]> {
  const { ownerId, keyId, action, code, from, to, after, limit } = query;
  if (!isStorable(ownerId, keyId, action, code, after?.id)) return [];
  let page = database.selectFrom('access_events').selectAll();
  if (ownerId !== undefined) page = page.where('owner_id', '=', ownerId);
  if (keyId !== undefined) page = page.where('key_id', '=', keyId);
  if (action !== undefined) page = page.where('action', '=', action);
  if (code !== undefined) page = page.where('code', '=', code);
  if (from !== undefined) page = page.where('at', '>=', from);
  if (to !== undefined) page = page.where('at', '<', to);
  if (after !== undefined) {
    page = page.where((eb) => eb(eb.refTuple('at', 'id'), '<', eb.tuple(after.at, after.id)));
  }
  const rows = await page.orderBy('at', 'desc').orderBy('id', 'desc').limit(limit).execute();
  return rows.map(toAccessEvent);
}

/** Finds the newest of the surplus events, if there are any. */
export async function findFirstSurplus(
  database: Kysely<Tables>,
  keep: number,
): Promise<Pick<Row, 'at' | 'id'> | undefined> {
  return database
    .selectFrom('access_events')
    .select(['at', 'id'])
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .offset(keep)
    .limit(1)
    .executeTakeFirst();
}

/** Removes the oldest events up to a given one, at most `limit` of them. */
export async function deleteAccessEvents(
  database: Kysely<Tables>,
  upTo: Pick<Row, 'at' | 'id'>,
  limit: number,
): Promise<number> {
  const oldest = database
    .selectFrom('access_events')
    .select('id')
    .where((eb) => eb(eb.refTuple('at', 'id'), '<=', eb.tuple(upTo.at, upTo.id)))
    .orderBy('at')
    .orderBy('id')
    .limit(limit);
  const { numDeletedRows } = await database
    .deleteFrom('access_events')
    .where('id', 'in', oldest)
    .executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}
