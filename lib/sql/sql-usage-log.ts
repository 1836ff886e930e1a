import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import { dayMs } from '../domain/day-ms.js';
import { hourMs, type UsageCount, type UseVerdict } from '../domain/key-usage.js';
import type { DailyRouteCount, RouteCount } from '../domain/route-usage.js';
import type { UsedPart } from '../domain/used-part.js';
import type { RouteUsageQuery, UsageLog, UsageQuery } from '../ports/usage-log.js';
import type { WithinDeadline } from './sql-change-feed.js';
import type { SqlDatabase } from './sql-database.js';
import { isStorable } from '../domain/is-storable.js';
import { deleteUsage } from './queries/delete-usage.js';
import {
  compileAddRoutes,
  deleteRouteCounts,
  listRouteCounts,
  mergeRouteCounts,
  type AddRoutes,
} from './queries/route-counts.js';
import { listUsedParts } from './queries/used-parts.js';
import type { Tables } from './tables.js';

/** The advisory lock of counts of routes, beside a hash of the schema: an arbitrary number that must never change. */
const routesLock = 1_507_231_984;

/** The usage log on SQLite and PostgreSQL. */
export class SqlUsageLog implements UsageLog {
  readonly #database: SqlDatabase;
  readonly #within: WithinDeadline;
  #addRoutes: AddRoutes | undefined;

  constructor(database: SqlDatabase, within: WithinDeadline) {
    this.#database = database;
    this.#within = within;
  }

  list({ keyId, from, to, by }: UsageQuery): Promise<readonly UsageCount[]> {
    if (!isStorable(keyId)) return Promise.resolve([]);
    // Both databases divide integers without a remainder.
    const periodMs = sql.lit(by === 'day' ? dayMs : hourMs);
    const start = sql<number>`${sql.ref('hour')} / ${periodMs} * ${periodMs}`;
    return this.#within('Listing the use of a key', (budget) =>
      this.#database.readForRequest(budget, async (database) => {
        const rows = await database
          .selectFrom('key_usage')
          .select(start.as('start'))
          .select('verdict')
          .select(sql<number>`cast(sum(${sql.ref('count')}) as bigint)`.as('uses'))
          .where('key_id', '=', keyId)
          .where('hour', '>=', from)
          .where('hour', '<', to)
          .groupBy([start, 'verdict'])
          .orderBy(start)
          .orderBy('verdict')
          .execute();
        return rows.map((row) => ({
          start: row.start,
          verdict: row.verdict as UseVerdict,
          count: row.uses,
        }));
      }),
    );
  }

  listParts(keyIds: readonly string[]): Promise<readonly UsedPart[]> {
    return this.#within('Listing the used parts of keys', (budget) =>
      this.#database.readForRequest(budget, (database) => listUsedParts(database, keyIds)),
    );
  }

  addRoutes(counts: readonly DailyRouteCount[]): Promise<void> {
    return this.#within('Recording usage by route', async (budget) => {
      const merged = await mergeRouteCounts(counts);
      if (merged.length === 0) return;
      const { dialect, channel } = this.#database;
      const add = async (on: Kysely<Tables>): Promise<void> => {
        // So that two processes do not both find room for one more route. On SQLite, one transaction writes at a time.
        if (dialect === 'postgres') {
          await sql`select pg_catalog.pg_advisory_xact_lock(${sql.lit(routesLock)}, pg_catalog.hashtext(${channel}))`.execute(
            on,
          );
        }
        this.#addRoutes ??= compileAddRoutes(on, dialect);
        await this.#addRoutes(on, merged, budget);
        // An erasure that waits for this write has stopped waiting at the deadline.
        budget.check();
      };
      await this.#database.write(budget, add, { mayBeLost: true });
    });
  }

  listRoutes(query: RouteUsageQuery): Promise<readonly RouteCount[]> {
    if (!isStorable(query.keyId)) return Promise.resolve([]);
    return this.#within('Listing the use of a key by route', (budget) =>
      this.#database.readForRequest(budget, (database) => listRouteCounts(database, query)),
    );
  }

  forgetBefore(time: number, limit: number): Promise<number> {
    return this.#within('Forgetting the use of keys', (budget) =>
      this.#database.write(budget, async (database) => {
        const deleted = await deleteUsage(database, this.#database.dialect, { before: time }, limit);
        return (
          deleted +
          (await deleteRouteCounts(database, this.#database.dialect, { before: time }, limit - deleted))
        );
      }),
    );
  }
}
