import { sql } from 'kysely';
import type { AliasedRawBuilder, Expression, ExpressionBuilder, Kysely, Selectable, SqlBool } from 'kysely';
import { addObserved, type ObservedGroup, type ObservedRefusal } from '../../domain/observed-refusal.js';
import type { ObservationQuery } from '../../ports/observation-log.js';
import { isStorable } from '../../domain/is-storable.js';
import { mergeInChunks } from '../merge-in-chunks.js';
import { prepareStatement } from '../prepared-statement.js';
import type { SqlDialect } from '../sql-database.js';
import type { ObservedRefusalsTable, Tables } from '../tables.js';
import type { TimeBudget } from '../time-budget.js';
import { writeInBatches } from '../write-in-batches.js';
import { deleteFound } from './delete-found.js';

/** Adds to the counts of hours. */
export type AddObservations = (
  on: Kysely<Tables>,
  counts: readonly ObservedRefusal[],
  budget: TimeBudget,
) => Promise<void>;

type Row = Selectable<ObservedRefusalsTable>;

const nameColumns = ['hour', 'method', 'route', 'code', 'key_id'] as const;
const columns = [...nameColumns, 'owner_id', 'count', 'first_at', 'last_at'] as const;

/** Adds up counts of the same kind, and sorts them, so that two batches never deadlock on each other's rows. */
export function mergeObservations(counts: readonly ObservedRefusal[]): Promise<readonly ObservedRefusal[]> {
  return mergeInChunks(
    counts.filter(({ method, route, code, keyId, ownerId }) =>
      isStorable(method, route, code, keyId ?? '', ownerId ?? ''),
    ),
    ({ hour, method, route, code, keyId }) => `${hour}\n${method}\n${route}\n${code}\n${keyId ?? ''}`,
    addObserved,
  );
}

/** @param database - any connection of the store; the statement can be run on each of them */
export function compileAddObservations(database: Kysely<Tables>, dialect: SqlDialect): AddObservations {
  const add = prepareStatement(
    database
      .insertInto('observed_refusals')
      .columns(columns)
      .expression((on) =>
        on
          .selectFrom(selectCountedRows(dialect))
          .select(columns)
          // Without a condition, SQLite takes the "on conflict" for one of a join.
          .where(sql.lit(true)),
      )
      .onConflict((conflict) =>
        conflict.columns(nameColumns).doUpdateSet((eb) => ({
          count: eb('observed_refusals.count', '+', eb.ref('excluded.count')),
          first_at: eb
            .case()
            .when('excluded.first_at', '<', eb.ref('observed_refusals.first_at'))
            .then(eb.ref('excluded.first_at'))
            .else(eb.ref('observed_refusals.first_at'))
            .end(),
          last_at: eb
            .case()
            .when('excluded.last_at', '>', eb.ref('observed_refusals.last_at'))
            .then(eb.ref('excluded.last_at'))
            .else(eb.ref('observed_refusals.last_at'))
            .end(),
        })),
      ),
  );
  return (on, counts, budget) => writeInBatches(counts.map(toRow), (json) => add(on, [json]), budget);
}

/** The counts as rows. They are passed as one JSON string, as uses are. */
function selectCountedRows(dialect: SqlDialect): AliasedRawBuilder<Row, 'counted'> {
  const json = '';
  if (dialect === 'postgres') {
    return sql<Row>`(select * from json_to_recordset(${json}::json) as rows(hour bigint, method text, route text, code text, key_id text, owner_id text, count bigint, first_at bigint, last_at bigint))`.as(
      'counted',
    );
  }
  const extracted = sql.join(
    columns.map((name) => sql`json_extract(value, ${sql.lit(`$.${name}`)}) as ${sql.ref(name)}`),
  );
  return sql<Row>`(select ${extracted} from json_each(${json}))`.as('counted');
}

/** A primary key has no nulls: an empty string is no key. */
function toRow({ hour, method, route, code, keyId, ownerId, count, firstAt, lastAt }: ObservedRefusal): Row {
  return {
    ...{ hour, method, route, code, key_id: keyId ?? '', owner_id: ownerId ?? '' },
    ...{ count, first_at: firstAt, last_at: lastAt },
  };
}

/** The sums of all hours, the highest count first. */
export async function listObservations(
  database: Kysely<Tables>,
  { ownerId, keyId, code, from, to, limit }: ObservationQuery,
): Promise<readonly ObservedGroup[]> {
  if (!isStorable(ownerId, keyId, code)) return [];
  let rows = database.selectFrom('observed_refusals');
  if (ownerId !== undefined) rows = rows.where('owner_id', '=', ownerId);
  if (keyId !== undefined) rows = rows.where('key_id', '=', keyId);
  if (code !== undefined) rows = rows.where('code', '=', code);
  if (from !== undefined) rows = rows.where('last_at', '>=', from);
  if (to !== undefined) rows = rows.where('first_at', '<', to);
  const sum = sql<number>`cast(sum(${sql.ref('count')}) as bigint)`;
  const groups = await rows
    .select(['method', 'route', 'code', 'key_id'])
    .select((eb) => [
      sum.as('requests'),
      eb.fn.max('owner_id').as('owner'),
      eb.fn.min('first_at').as('first'),
      eb.fn.max('last_at').as('last'),
    ])
    .groupBy(['method', 'route', 'code', 'key_id'])
    .orderBy(sum, 'desc')
    .orderBy('method')
    .orderBy('route')
    .orderBy('code')
    .orderBy('key_id')
    .limit(limit)
    .execute();
  return groups.map(({ method, route, code: reason, key_id: key, owner, requests, first, last }) => ({
    ...{ method, route, code: reason, keyId: key === '' ? null : key, ownerId: owner === '' ? null : owner },
    ...{ count: requests, firstAt: first, lastAt: last },
  }));
}

/** What identifies a count. */
type Name = Pick<Row, (typeof nameColumns)[number]>;

/** Which counts are removed: those of an owner, or of hours before a time and up to the newest one that is not kept. */
export type RemovedObservations =
  { readonly ownerId: string } | { readonly before: number; readonly surplus: Name | undefined };

/** Finds the newest of the surplus counts, if there are any. */
export async function findSurplusObservation(
  database: Kysely<Tables>,
  keep: number,
): Promise<Name | undefined> {
  let newest = database.selectFrom('observed_refusals').select(nameColumns);
  for (const column of nameColumns) newest = newest.orderBy(column, 'desc');
  return newest.offset(keep).limit(1).executeTakeFirst();
}

/** Whether any count is of an hour before a time. */
export async function hasObservationsBefore(database: Kysely<Tables>, before: number): Promise<boolean> {
  const oldest = database.selectFrom('observed_refusals').select('hour').orderBy('hour').limit(1);
  const { hour } = (await oldest.executeTakeFirst()) ?? { hour: before };
  return Number(hour) < before;
}

/** Deletes counts, the oldest ones first, at most `limit` of them. */
export async function deleteObservations(
  database: Kysely<Tables>,
  dialect: SqlDialect,
  which: RemovedObservations,
  limit: number,
): Promise<number> {
  if ('ownerId' in which && (which.ownerId === '' || !isStorable(which.ownerId))) return 0;
  const all = database
    .selectFrom('observed_refusals as old')
    .select(['old.hour', 'old.method', 'old.route', 'old.code', 'old.key_id']);
  const matching =
    'ownerId' in which
      ? all.where('old.owner_id', '=', which.ownerId)
      : // In the statement, so that two processes do not remove as many again, of those that are kept.
        all.where((old) =>
          old.or([
            old('old.hour', '<', which.before),
            ...(which.surplus === undefined ? [] : [isUpTo(old, which.surplus)]),
          ]),
        );
  return deleteFound(database, dialect, {
    table: 'observed_refusals',
    columns: nameColumns,
    rows: matching
      .orderBy('old.hour')
      .orderBy('old.method')
      .orderBy('old.route')
      .orderBy('old.code')
      .orderBy('old.key_id')
      .limit(limit),
    locked: 'wait',
  });
}

function isUpTo(
  old: ExpressionBuilder<Tables & { old: ObservedRefusalsTable }, 'old'>,
  { hour, method, route, code, key_id }: Name,
): Expression<SqlBool> {
  const name = old.refTuple('old.hour', 'old.method', 'old.route', 'old.code', 'old.key_id');
  return old(name, '<=', old.tuple(hour, method, route, code, key_id));
}
