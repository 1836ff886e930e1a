import { sql } from 'kysely';
import type { Kysely, RawBuilder } from 'kysely';
import type { CreditBalance } from '../../domain/credits.js';
import { toSharedBalance } from '../../domain/plan-credits.js';
import type { CreditChange, CreditPayer, CreditPayment, SharedCredits } from '../../ports/credit-ledger.js';
import { refusePayment } from '../../ports/refuse-payment.js';
import { isStorable } from '../is-storable.js';
import type { SqlDialect } from '../sql-database.js';
import type { Tables } from '../tables.js';
import { findSpent } from './owner-credit-queries.js';
import { compileSpendStatements, type SpendParameters, type SpendStatements } from './spend-statements.js';

/** Deducts a cost from all credits of a payer, or from none. */
export type SpendCredits = (
  on: Kysely<Tables>,
  payer: CreditPayer,
  cost: number,
  now: number,
) => Promise<CreditPayment>;

const isPaid: CreditPayment = { isPaid: true, refillsAt: null };

/** @param database - any connection of the store; the statements can be run on each of them */
export function compileSpendCredits(database: Kysely<Tables>, dialect: SqlDialect): SpendCredits {
  const statements = compileSpendStatements(database);
  const spendBoth = dialect === 'postgres' ? statements.spendBoth : createSpendBothInTransaction(statements);

  return async (on, { keyId, shared }, cost, now) => {
    if (!isStorable(keyId ?? undefined, shared?.ownerId)) return { isPaid: false, refillsAt: null };
    const parameters: SpendParameters = {
      ...{ cost, now, keyId: keyId ?? '', ownerId: shared?.ownerId ?? '' },
      environment: shared?.environment ?? '',
      amount: shared?.amount ?? 0,
      intervalMs: toMs(shared?.refillIntervalSeconds),
    };
    const ofKey = shared === null ? statements.spendOwn : spendBoth;
    const spend = keyId === null ? statements.spendShared : ofKey;
    if (await spend(on, parameters)) return isPaid;
    return describeRefusal(on, keyId, shared, cost, now);
  };
}

/** For SQLite, where a transaction that writes is alone, and no statement writes to two tables. */
function createSpendBothInTransaction(statements: SpendStatements): SpendStatements['spendBoth'] {
  return async (on, parameters) =>
    (await statements.canSpendOwn(on, parameters)) &&
    (await statements.spendShared(on, parameters)) &&
    (await statements.spendOwn(on, parameters));
}

function toMs(seconds: number | null | undefined): number | null {
  return seconds === null || seconds === undefined ? null : seconds * 1000;
}

/** The result of a payment that was refused, with the time of the next refill. */
async function describeRefusal(
  database: Kysely<Tables>,
  keyId: string | null,
  shared: SharedCredits | null,
  cost: number,
  now: number,
): Promise<CreditPayment> {
  const own = keyId === null ? null : await findBalance(database, keyId);
  if (own === undefined) return { isPaid: false, refillsAt: null };
  if (shared === null) return refusePayment(own, null, cost, now);
  const spent = await findSpent(database, shared.ownerId, shared.environment);
  return refusePayment(own, toSharedBalance(shared, spent, now), cost, now);
}

async function findBalance(database: Kysely<Tables>, keyId: string): Promise<CreditBalance | undefined> {
  const row = await database
    .selectFrom('key_credits')
    .selectAll()
    .where('key_id', '=', keyId)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return {
    remaining: row.remaining,
    refillAmount: row.refill_amount,
    refillIntervalSeconds: row.refill_interval_seconds,
    refilledAt: row.refilled_at,
  };
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
