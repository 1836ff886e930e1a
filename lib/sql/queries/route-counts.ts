import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import {
  maxRoutesPerDay,
  otherRoutes,
  type DailyRouteCount,
  type RouteCount,
  type StatusClass,
} from '../../domain/route-usage.js';
import { isStorable } from '../../domain/is-storable.js';
import type { RouteUsageQuery } from '../../ports/usage-log.js';
import { mergeInChunks } from '../merge-in-chunks.js';
import { prepareStatement } from '../prepared-statement.js';
import type { SqlDialect } from '../sql-database.js';
import type { Tables } from '../tables.js';
import type { TimeBudget } from '../time-budget.js';
import { writeInBatches } from '../write-in-batches.js';
import { deleteFound } from './delete-found.js';
import { selectJsonRows } from './select-json-rows.js';

/** Adds to the counts of routes, within the bound; keys that do not exist are skipped. To be run by one process at a time. */
export type AddRoutes = (
  on: Kysely<Tables>,
  counts: readonly DailyRouteCount[],
  budget: TimeBudget,
) => Promise<void>;

type RouteOfDay = Pick<DailyRouteCount, 'keyId' | 'day' | 'route'>;
type DayOfKey = Pick<DailyRouteCount, 'keyId' | 'day'>;

/** How many routes of a key are stored of a day, without the one that stands for others. */
interface StoredRoutes extends DayOfKey {
  readonly routes: number;
}

/** Adds up counts of the same kind, and sorts them, so that two batches never deadlock on each other's rows. */
export function mergeRouteCounts(counts: readonly DailyRouteCount[]): Promise<readonly DailyRouteCount[]> {
  return mergeInChunks(
    counts.filter(({ keyId, route }) => isStorable(keyId, route)),
    ({ keyId, day, route, status }) => `${keyId} ${day} ${route}\n${status}`,
    (a, b) => ({ ...a, count: a.count + b.count }),
  );
}

/** @param database - any connection of the store; the statements can be run on each of them */
export function compileAddRoutes(database: Kysely<Tables>, dialect: SqlDialect): AddRoutes {
  const columns = { keyId: 'text', day: 'integer', route: 'text' } as const;
  const findKnown = prepareStatement<RouteOfDay>(
    database
      .selectFrom(selectJsonRows<RouteOfDay, 'asked'>(dialect, 'asked', columns))
      .select(['asked.keyId', 'asked.day', 'asked.route'])
      .where(({ exists, selectFrom }) =>
        exists(
          selectFrom('key_routes as known')
            .select('known.key_id')
            .whereRef('known.key_id', '=', 'asked.keyId')
            .whereRef('known.day', '=', 'asked.day')
            .whereRef('known.route', '=', 'asked.route'),
        ),
      ),
  );
  const countStored = prepareStatement<StoredRoutes>(
    database
      .selectFrom(selectJsonRows<DayOfKey, 'asked'>(dialect, 'asked', { keyId: 'text', day: 'integer' }))
      .innerJoin('key_routes as stored', (join) =>
        join.onRef('stored.key_id', '=', 'asked.keyId').onRef('stored.day', '=', 'asked.day'),
      )
      .select(['asked.keyId', 'asked.day'])
      .select(sql<number>`count(distinct ${sql.ref('stored.route')})`.as('routes'))
      .where('stored.route', '!=', sql.lit(otherRoutes))
      .groupBy(['asked.keyId', 'asked.day']),
  );
  const rows = selectJsonRows<DailyRouteCount, 'counted'>(dialect, 'counted', {
    ...columns,
    status: 'text',
    count: 'integer',
  });
  const add = prepareStatement(
    database
      .insertInto('key_routes')
      .columns(['key_id', 'day', 'route', 'status', 'count'])
      .expression((on) =>
        on
          .selectFrom(rows)
          .innerJoin('keys', 'keys.id', 'counted.keyId')
          .select(['keys.id', 'counted.day', 'counted.route', 'counted.status', 'counted.count'])
          // Without a condition, SQLite takes the "on conflict" for one of the join.
          .where(sql.lit(true))
          .orderBy('keys.id')
          .orderBy('counted.day')
          .orderBy('counted.route')
          .orderBy('counted.status'),
      )
      .onConflict((conflict) =>
        conflict.columns(['key_id', 'day', 'route', 'status']).doUpdateSet((eb) => ({
          count: eb('key_routes.count', '+', eb.ref('excluded.count')),
        })),
      ),
  );

  /** What is stored already needs no room, which is so most of the time. */
  async function limitRoutes(
    on: Kysely<Tables>,
    counts: readonly DailyRouteCount[],
    json: string,
  ): Promise<readonly DailyRouteCount[]> {
    const known = new Set((await findKnown(on, [json])).rows.map(formatRoute));
    const added = counts.filter((each) => each.route !== otherRoutes && !known.has(formatRoute(each)));
    if (added.length === 0) return counts;
    const days = new Map(added.map(({ keyId, day }) => [formatDay({ keyId, day }), { keyId, day }]));
    const { rows: stored } = await countStored(on, [JSON.stringify([...days.values()])]);
    const routesOf = new Map(stored.map((each) => [formatDay(each), Number(each.routes)]));
    return mergeRouteCounts(counts.map((each) => limitRoute(each, known, routesOf)));
  }

  return (on, counts, budget) =>
    writeInBatches(
      counts,
      async (json) => {
        const bounded = await limitRoutes(on, JSON.parse(json) as readonly DailyRouteCount[], json);
        return add(on, [JSON.stringify(bounded)]);
      },
      budget,
    );
}

const formatDay = ({ keyId, day }: DayOfKey): string => `${keyId} ${day}`;
const formatRoute = (each: RouteOfDay): string => `${formatDay(each)} ${each.route}`;

/**
 * Puts a route for which there is no room under the name that stands for others.
 *
 * @param known - routes that are stored, or for which room was found
 * @param routesOf - how many there are of each day
 */
function limitRoute(
  count: DailyRouteCount,
  known: Set<string>,
  routesOf: Map<string, number>,
): DailyRouteCount {
  if (count.route === otherRoutes || known.has(formatRoute(count))) return count;
  const routes = routesOf.get(formatDay(count)) ?? 0;
  if (routes >= maxRoutesPerDay) return { ...count, route: otherRoutes };
  routesOf.set(formatDay(count), routes + 1);
  known.add(formatRoute(count));
  return count;
}

/** The sums of several days of one key, by route and status. */
export async function listRouteCounts(
  database: Kysely<Tables>,
  { keyId, from, to }: RouteUsageQuery,
): Promise<readonly RouteCount[]> {
  const rows = await database
    .selectFrom('key_routes')
    .select(['route', 'status'])
    .select(sql<number>`cast(sum(${sql.ref('count')}) as bigint)`.as('requests'))
    .where('key_id', '=', keyId)
    .where('day', '>=', from)
    .where('day', '<', to)
    .groupBy(['route', 'status'])
    .orderBy('route')
    .orderBy('status')
    .execute();
  return rows.map(({ route, status, requests }) => ({
    route,
    status: status as StatusClass,
    count: requests,
  }));
}

/** Which counts: those of days that begin before a time, in epoch milliseconds, or those of keys. */
type OldRoutes = { readonly before: number } | { readonly keyIds: readonly string[] };

/** Deletes counts of routes, at most `limit` of them. */
export async function deleteRouteCounts(
  database: Kysely<Tables>,
  dialect: SqlDialect,
  old: OldRoutes,
  limit: number,
): Promise<number> {
  if (limit <= 0 || ('keyIds' in old && old.keyIds.length === 0)) return 0;
  const all = database
    .selectFrom('key_routes as old')
    .select(['old.key_id', 'old.day', 'old.route', 'old.status']);
  // In the order of the index that each is read from, and no further: all counts of a day would be read to be put in order.
  const matching =
    'before' in old
      ? all.where('old.day', '<', old.before).orderBy('old.day')
      : all
          .where('old.key_id', 'in', old.keyIds)
          .orderBy('old.key_id')
          .orderBy('old.day')
          .orderBy('old.route')
          .orderBy('old.status');
  return deleteFound(database, dialect, {
    table: 'key_routes',
    columns: ['key_id', 'day', 'route', 'status'],
    rows: matching.limit(limit),
    locked: 'before' in old ? 'skip' : 'wait',
  });
}
