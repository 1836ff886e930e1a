import { sql } from 'kysely';
import type { Kysely, RawBuilder } from 'kysely';
import { refillCredits, type CreditBalance } from '../../domain/credits.js';
import type { CreditChange, CreditPayment } from '../../ports/credit-ledger.js';
import { prepareStatement, type PreparedStatement } from '../prepared-statement.js';
import { isStorable } from '../is-storable.js';
import type { Tables } from '../tables.js';

/** Deducts credits in one statement. */
export type SpendCredits = (
  on: Kysely<Tables>,
  keyId: string,
  cost: number,
  now: number,
) => Promise<CreditPayment>;

/**
 * The rules of `refillCredits` (lib/domain/credits.ts) as SQL. A statement that waits for the row sees the remaining
 * balance, because both databases evaluate the condition again under the lock.
 *
 * @param database - any connection of the store; the statement can be run on each of them
 */
export function compileSpendCredits(database: Kysely<Tables>): SpendCredits {
  const spend: PreparedStatement<unknown> = prepareStatement(
    database
      .updateTable('key_credits')
      .set({
        remaining: sql<number>`${computeRemaining(0)} - ${castToBigint(0)}`,
        refilled_at: sql<number>`case when ${isDue(0)} then refilled_at + ((${castToBigint(0)} - refilled_at) / (refill_interval_seconds * 1000)) * (refill_interval_seconds * 1000) else refilled_at end`,
      })
      .where('key_id', '=', '')
      .where(sql<boolean>`${computeRemaining(0)} >= ${castToBigint(0)}`),
  );
  return async (on, keyId, cost, now) => {
    if (!isStorable(keyId)) return { isPaid: false, refillsAt: null };
    const { numAffectedRows = 0n } = await spend(on, [now, cost, now, now, keyId, now, cost]);
    if (numAffectedRows === 1n) return { isPaid: true, refillsAt: null };
    return computeNextRefill(on, keyId, cost, now);
  };
}

/** The remaining credits at a time; any number is a placeholder for the parameter. */
function computeRemaining(now: number): RawBuilder<number> {
  return sql<number>`case when ${isDue(now)} and refill_amount > remaining then refill_amount else remaining end`;
}

function isDue(now: number): RawBuilder<boolean> {
  return sql<boolean>`refill_interval_seconds is not null and ${castToBigint(now)} - refilled_at >= refill_interval_seconds * 1000`;
}

/** PostgreSQL needs a cast, because it would take the parameter for an `integer`. */
function castToBigint(value: number): RawBuilder<number> {
  return sql<number>`cast(${value} as bigint)`;
}

/** The result of a payment that was refused, with the time of the next refill. */
async function computeNextRefill(
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
  const { refilledAt } = refillCredits(
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

/** The remaining credits at the time of the new balance, including a refill that was due by then. */
const refilledBefore: RawBuilder<number> = sql<number>`(case when key_credits.refill_interval_seconds is not null and excluded.refilled_at - key_credits.refilled_at >= key_credits.refill_interval_seconds * 1000 and key_credits.refill_amount > key_credits.remaining then key_credits.refill_amount else key_credits.remaining end)`;

/** Sets the credits of a key; with `null` it pays with none. */
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
