import { sql } from 'kysely';
import { dayMs } from '../domain/day-ms.js';
import { hourMs, type UsageCount, type UseVerdict } from '../domain/key-usage.js';
import type { UsedPart } from '../domain/used-part.js';
import type { UsageLog, UsageQuery } from '../ports/usage-log.js';
import type { WithinDeadline } from './sql-change-feed.js';
import type { SqlDatabase } from './sql-database.js';
import { isStorable } from '../domain/is-storable.js';
import { deleteUsage } from './queries/delete-usage.js';
import { listUsedParts } from './queries/used-parts.js';

/** The usage log on SQLite and PostgreSQL. */
export class SqlUsageLog implements UsageLog {
  readonly #database: SqlDatabase;
  readonly #within: WithinDeadline;

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

  forgetBefore(time: number, limit: number): Promise<number> {
    return this.#within('Forgetting the use of keys', (budget) =>
      this.#database.write(budget, (database) => deleteUsage(database, { before: time }, limit)),
    );
  }
}
