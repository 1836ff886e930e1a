import { sql } from 'kysely';
import type { Kysely, Selectable } from 'kysely';
import type { AccessAction, AccessEntry } from '../../domain/access-entry.js';
import type { AccessPosition, AccessQuery, AccessScan } from '../../ports/access-log.js';
import { prepareStatement } from '../prepared-statement.js';
import type { SqlDialect } from '../sql-database.js';
import { isStorable } from '../../domain/is-storable.js';
import type { AccessEventsTable, Tables } from '../tables.js';
import type { TimeBudget } from '../time-budget.js';
import { writeInBatches } from '../write-in-batches.js';
import { selectJsonRows } from './select-json-rows.js';

/** Adds events; those that are already stored are skipped. */
export type InsertAccessEvents = (
  on: Kysely<Tables>,
  events: readonly AccessEntry[],
  budget: TimeBudget,
) => Promise<void>;

type Row = Selectable<AccessEventsTable>;

const columns = ['id', 'at', 'action', 'code', 'key_id', 'owner_id', 'payload'] as const;

/** @param database - any connection of the store; the statement can be run on each of them */
export function compileInsertAccessEvents(database: Kysely<Tables>, dialect: SqlDialect): InsertAccessEvents {
  const rows = selectJsonRows<Row, 'events'>(dialect, 'events', {
    id: 'text',
    at: 'integer',
    action: 'text',
    code: 'text',
    key_id: 'text',
    owner_id: 'text',
    payload: 'text',
  });
  const insert = prepareStatement(
    database
      .insertInto('access_events')
      .columns(columns)
      .expression((on) =>
        on
          .selectFrom(rows)
          .select(columns)
          // Without a condition, SQLite takes the "on conflict" for one of a join.
          .where(sql.lit(true)),
      )
      .onConflict((conflict) => conflict.column('id').doNothing()),
  );
  return (on, events, budget) => {
    const storable = events.filter(isStorableEvent).map(toRow);
    return writeInBatches(storable, (json) => insert(on, [json]), budget);
  };
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
  const { ownerId, keyId, action, code, until, limit } = query;
  if (!isStorable(ownerId, keyId, action, code, query.after?.id, until?.id)) return [];
  let page = selectNewestFirst(database, query).selectAll();
  if (action !== undefined) page = page.where('action', '=', action);
  if (code !== undefined) page = page.where('code', '=', code);
  if (until !== undefined) {
    page = page.where((eb) => eb(eb.refTuple('at', 'id'), '>=', eb.tuple(until.at, until.id)));
  }
  const rows = await page.limit(limit).execute();
  return rows.map(toAccessEvent);
}

/** Finds the position of the last of the next `rows` events, from one of the three indexes alone. */
export async function findAccessScanEnd(
  database: Kysely<Tables>,
  query: AccessScan,
  rows: number,
): Promise<AccessPosition | null> {
  if (!isStorable(query.ownerId, query.keyId, query.after?.id)) return null;
  const scan = selectNewestFirst(database, query)
    .select(['at', 'id'])
    .offset(rows - 1);
  return (await scan.limit(1).executeTakeFirst()) ?? null;
}

function selectNewestFirst(database: Kysely<Tables>, { ownerId, keyId, from, to, after }: AccessScan) {
  let events = database.selectFrom('access_events');
  if (ownerId !== undefined) events = events.where('owner_id', '=', ownerId);
  if (keyId !== undefined) events = events.where('key_id', '=', keyId);
  if (from !== undefined) events = events.where('at', '>=', from);
  if (to !== undefined) events = events.where('at', '<', to);
  if (after !== undefined) {
    events = events.where((eb) => eb(eb.refTuple('at', 'id'), '<', eb.tuple(after.at, after.id)));
  }
  return events.orderBy('at', 'desc').orderBy('id', 'desc');
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
