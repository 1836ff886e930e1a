import { sql } from 'kysely';
import type { Kysely, RawBuilder } from 'kysely';
import { refilled, type CreditBalance } from '../../domain/credits.js';
import type { CreditChange, CreditPayment } from '../../ports/credit-ledger.js';
import { preparedStatement, type PreparedStatement } from '../prepared-statement.js';
import { isStorable } from '../is-storable.js';
import type { Tables } from '../tables.js';

/** Takes credits in one statement. */
export type SpendCredits = (
  on: Kysely<Tables>,
  keyId: string,
  cost: number,
  now: number,
) => Promise<CreditPayment>;

/**
 * The rules of `refilled` (lib/domain/credits.ts) as SQL. Who waits for the row sees what was left of it: both databases
 * look at the condition again under the lock.
 *
 * @param database - any connection of the store; the statement can be run on each of them
 */
export function compileSpendCredits(database: Kysely<Tables>): SpendCredits {
  const spend: PreparedStatement<unknown> = preparedStatement(
    database
      .updateTable('key_credits')
      .set({
        remaining: sql<number>`${remainingAt(0)} - ${bigint(0)}`,
        refilled_at: sql<number>`case when ${isDue(0)} then refilled_at + ((${bigint(0)} - refilled_at) / (refill_interval_seconds * 1000)) * (refill_interval_seconds * 1000) else refilled_at end`,
      })
      .where('key_id', '=', '')
      .where(sql<boolean>`${remainingAt(0)} >= ${bigint(0)}`),
  );
  return async (on, keyId, cost, now) => {
    if (!isStorable(keyId)) return { isPaid: false, refillsAt: null };
    const { numAffectedRows = 0n } = await spend(on, [now, cost, now, now, keyId, now, cost]);
    if (numAffectedRows === 1n) return { isPaid: true, refillsAt: null };
    return nextRefill(on, keyId, cost, now);
  };
}

/** What is left at a moment: in place of a parameter stands any number. */
function remainingAt(now: number): RawBuilder<number> {
  return sql<number>`case when ${isDue(now)} and refill_amount > remaining then refill_amount else remaining end`;
}

function isDue(now: number): RawBuilder<boolean> {
  return sql<boolean>`refill_interval_seconds is not null and ${bigint(now)} - refilled_at >= refill_interval_seconds * 1000`;
}

/** PostgreSQL must be told that a parameter is no `integer`. */
function bigint(value: number): RawBuilder<number> {
  return sql<number>`cast(${value} as bigint)`;
}

/** Nothing was paid: when that may be different. */
async function nextRefill(
  database: Kysely<Tables>,
  keyId: string,
  cost: number,
  now: number,
): Promise<CreditPayment> {
  const row = await database
    .selectFrom('key_credits')
    .selectAll()
    .where('key_id', '=', keyId)
    .executeTakeFirst();
  if (row === undefined || row.refill_interval_seconds === null) return { isPaid: false, refillsAt: null };
  if (row.refill_amount !== null && row.refill_amount < cost) {
    return { isPaid: false, refillsAt: null, exceedsRefill: true };
  }
  const { refilledAt } = refilled(
    {
      remaining: row.remaining,
      refillAmount: row.refill_amount,
      refillIntervalSeconds: row.refill_interval_seconds,
      refilledAt: row.refilled_at,
    },
    now,
  );
  return { isPaid: false, refillsAt: refilledAt + row.refill_interval_seconds * 1000 };
}

/** What was left when the new balance began, a refill that was due by then among it. */
const refilledBefore: RawBuilder<number> = sql<number>`(case when key_credits.refill_interval_seconds is not null and excluded.refilled_at - key_credits.refilled_at >= key_credits.refill_interval_seconds * 1000 and key_credits.refill_amount > key_credits.remaining then key_credits.refill_amount else key_credits.remaining end)`;

/** Sets what a key has to spend; `null`: it pays with nothing. */
export async function setCredits(
  database: Kysely<Tables>,
  keyId: string,
  balance: CreditBalance | null,
  change: CreditChange,
): Promise<void> {
  if (balance === null) {
    await database.deleteFrom('key_credits').where('key_id', '=', keyId).execute();
    return;
  }
  const columns = {
    remaining: balance.remaining,
    refill_amount: balance.refillAmount,
    refill_interval_seconds: balance.refillIntervalSeconds,
    refilled_at: balance.refilledAt,
  };
  await database
    .insertInto('key_credits')
    .values({ key_id: keyId, ...columns })
    .onConflict((conflict) =>
      conflict.column('key_id').doUpdateSet({
        ...columns,
        ...(change === 'set'
          ? {}
          : {
              remaining: sql<number>`case when ${refilledBefore} < excluded.remaining then ${refilledBefore} else excluded.remaining end`,
            }),
      }),
    )
    .execute();
}
