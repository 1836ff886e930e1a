import { setImmediate as nextTurn } from 'node:timers/promises';
import { sql } from 'kysely';
import type { AliasedRawBuilder, Kysely } from 'kysely';
import type { KeyUse } from '../ports/key-store.js';
import { preparedStatement } from './prepared-statement.js';
import type { SqlDialect } from './sql-database.js';
import { isStorable } from './storable-text.js';
import type { Tables } from './tables.js';
import type { TimeBudget } from './time-budget.js';

/** Rows in one statement. SQLite runs in the thread of the event loop, and a statement is one pause for it. */
const usesPerStatement = 100;
/** Uses that are merged or sorted without a pause. */
const usesPerTurn = 1_000;

/** Adds uses and moves the times of last use forward; keys that do not exist are left out. */
export type AdvanceUses = (on: Kysely<Tables>, uses: readonly KeyUse[], budget: TimeBudget) => Promise<void>;

/**
 * Each key once, in the order of the ids: two batches never wait for each other's rows in a circle. With pauses for the
 * event loop: to merge and sort ten thousand in one go takes longer than a request should wait.
 */
export async function mergeUses(uses: readonly KeyUse[]): Promise<readonly KeyUse[]> {
  const merged = new Map<string, KeyUse>();
  for (const part of inParts(uses)) {
    for (const use of part) {
      const before = merged.get(use.keyId);
      if (before !== undefined) merged.set(use.keyId, sum(before, use));
      else if (isStorable(use.keyId)) merged.set(use.keyId, use);
    }
    await nextTurn();
  }
  const runs: KeyUse[][] = [];
  for (const part of inParts([...merged.values()])) {
    runs.push(part.sort((a, b) => (a.keyId < b.keyId ? -1 : 1)));
    await nextTurn();
  }
  for (;;) {
    const [first = [], second] = runs.splice(0, 2);
    if (second === undefined) return first;
    runs.push(zip(first, second));
    await nextTurn();
  }
}

function inParts(uses: readonly KeyUse[]): KeyUse[][] {
  const count = Math.ceil(uses.length / usesPerTurn);
  return Array.from({ length: count }, (_, index) =>
    uses.slice(index * usesPerTurn, (index + 1) * usesPerTurn),
  );
}

/** One sorted list of two. */
function zip(a: readonly KeyUse[], b: readonly KeyUse[]): KeyUse[] {
  const result: KeyUse[] = [];
  let [inA, inB] = [0, 0];
  for (;;) {
    const [nextA, nextB] = [a[inA], b[inB]];
    if (nextA === undefined) return result.concat(b.slice(inB));
    if (nextB === undefined) return result.concat(a.slice(inA));
    if (nextA.keyId < nextB.keyId) inA += 1;
    else inB += 1;
    result.push(nextA.keyId < nextB.keyId ? nextA : nextB);
  }
}

function sum(a: KeyUse, b: KeyUse): KeyUse {
  return { keyId: a.keyId, at: Math.max(a.at, b.at), count: a.count + b.count };
}

/** @param database - any connection of the store; the statement can be run on each of them */
export function compileAdvanceUses(database: Kysely<Tables>, dialect: SqlDialect): AdvanceUses {
  const advance = preparedStatement(
    database
      .insertInto('key_uses')
      .columns(['key_id', 'last_used_at', 'use_count'])
      .expression((on) =>
        on
          .selectFrom(usedRows(dialect))
          .innerJoin('keys', 'keys.id', 'used.id')
          .select(['keys.id', 'used.at', 'used.count'])
          // Without a condition, SQLite takes the "on conflict" for one of the join.
          .where(sql.lit(true))
          .orderBy('keys.id'),
      )
      .onConflict((conflict) =>
        conflict.column('key_id').doUpdateSet((eb) => ({
          last_used_at: eb
            .case()
            .when('excluded.last_used_at', '>', eb.ref('key_uses.last_used_at'))
            .then(eb.ref('excluded.last_used_at'))
            .else(eb.ref('key_uses.last_used_at'))
            .end(),
          use_count: eb('key_uses.use_count', '+', eb.ref('excluded.use_count')),
        })),
      ),
  );
  return async (on, uses, budget) => {
    for (let start = 0; start < uses.length; start += usesPerStatement) {
      // Whoever asked was told at the deadline that it failed, and may send the same uses again.
      budget.check();
      await advance(on, [JSON.stringify(uses.slice(start, start + usesPerStatement))]);
      await nextTurn();
    }
  };
}

interface UsedRow {
  readonly id: string;
  readonly at: number;
  readonly count: number;
}

/** The uses as rows. They come as one JSON text: hundreds of parameters cost far more than the work itself. */
function usedRows(dialect: SqlDialect): AliasedRawBuilder<UsedRow, 'used'> {
  const json = '';
  return dialect === 'postgres'
    ? sql<UsedRow>`(select "keyId" as id, at, count from json_to_recordset(${json}::json) as uses("keyId" text, at bigint, count bigint))`.as(
        'used',
      )
    : sql<UsedRow>`(select json_extract(value, '$.keyId') as id, json_extract(value, '$.at') as at, json_extract(value, '$.count') as count from json_each(${json}))`.as(
        'used',
      );
}
