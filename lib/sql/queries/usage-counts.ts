import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import { hourMs, getPeriodStart, type UseVerdict } from '../../domain/key-usage.js';
import type { KeyUse } from '../../ports/key-store.js';
import { mergeInChunks } from '../merge-in-chunks.js';
import { prepareStatement } from '../prepared-statement.js';
import type { SqlDialect } from '../sql-database.js';
import { isStorable } from '../../domain/is-storable.js';
import type { Tables } from '../tables.js';
import type { TimeBudget } from '../time-budget.js';
import { writeInBatches } from '../write-in-batches.js';
import { selectJsonRows } from './select-json-rows.js';

/** The number of uses of a key in one hour, with one verdict. */
export interface HourlyCount {
  readonly keyId: string;
  readonly hour: number;
  readonly verdict: UseVerdict;
  readonly count: number;
}

/** Adds to the counts of hours; keys that do not exist are skipped. */
export type AddUsage = (
  on: Kysely<Tables>,
  counts: readonly HourlyCount[],
  budget: TimeBudget,
) => Promise<void>;

/** Groups the uses by key, hour and verdict, each once and in order. */
export function countByHour(uses: readonly KeyUse[]): Promise<readonly HourlyCount[]> {
  const counts = uses
    .filter(({ keyId }) => isStorable(keyId))
    .map(({ keyId, at, verdict, count }) => ({ keyId, hour: getPeriodStart(hourMs, at), verdict, count }));
  return mergeInChunks(
    counts,
    ({ keyId, hour, verdict }) => `${keyId} ${hour} ${verdict}`,
    (a, b) => ({ ...a, count: a.count + b.count }),
  );
}

/** @param database - any connection of the store; the statement can be run on each of them */
export function compileAddUsage(database: Kysely<Tables>, dialect: SqlDialect): AddUsage {
  const rows = selectJsonRows<HourlyCount, 'counted'>(dialect, 'counted', {
    keyId: 'text',
    hour: 'integer',
    verdict: 'text',
    count: 'integer',
  });
  const add = prepareStatement(
    database
      .insertInto('key_usage')
      .columns(['key_id', 'hour', 'verdict', 'count'])
      .expression((on) =>
        on
          .selectFrom(rows)
          .innerJoin('keys', 'keys.id', 'counted.keyId')
          .select(['keys.id', 'counted.hour', 'counted.verdict', 'counted.count'])
          // Without a condition, SQLite takes the "on conflict" for one of the join.
          .where(sql.lit(true))
          .orderBy('keys.id')
          .orderBy('counted.hour')
          .orderBy('counted.verdict'),
      )
      .onConflict((conflict) =>
        conflict.columns(['key_id', 'hour', 'verdict']).doUpdateSet((eb) => ({
          count: eb('key_usage.count', '+', eb.ref('excluded.count')),
        })),
      ),
  );
  return (on, counts, budget) => writeInBatches(counts, (json) => add(on, [json]), budget);
}
