import { sql } from 'kysely';
import type { Kysely, RawBuilder } from 'kysely';
import type { CreditBalance } from '../../domain/credits.js';
import { toSharedBalance } from '../../domain/plan-credits.js';
import type { CreditChange, CreditPayer, CreditPayment } from '../../ports/credit-ledger.js';
import { refusePayment } from '../../ports/refuse-payment.js';
import { isStorable } from '../../domain/is-storable.js';
import type { SqlDialect } from '../sql-database.js';
import type { Tables } from '../tables.js';
import { readClock } from './database-clock.js';
import { findSpent } from './owner-credit-queries.js';
import {
  compileSpendAboveForPostgres,
  compileSpendAboveForSqlite,
  type SpendAboveStatements,
} from './spend-above-statements.js';
import type { SpendParameters, SpendStatement } from './spend-parameters.js';
import { compileSpendStatements, type SpendStatements } from './spend-statements.js';

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
  const { spendOwn, spendShared, spendBoth, spendKeys, spendAll } = compileStatements(database, dialect);

  return async (on, payer, cost, now) => {
    const { keyId, above, shared } = payer;
    if (!isStorable(keyId ?? undefined, ...above, shared?.ownerId)) return { isPaid: false, refillsAt: null };
    const [above1 = '', above2 = '', above3 = '', above4 = '', above5 = ''] = above;
    const parameters: SpendParameters = {
      ...{ cost, now, keyId: keyId ?? '', above1, above2, above3, above4, above5 },
      keyCount: above.length + (keyId === null ? 0 : 1),
      ownerId: shared?.ownerId ?? '',
      environment: shared?.environment ?? '',
      amount: shared?.amount ?? 0,
      intervalMs: toMs(shared?.refillIntervalSeconds),
    };
    const ofKey = shared === null ? spendOwn : spendBoth;
    const ofKeys = shared === null ? spendKeys : spendAll;
    const withoutAbove = keyId === null ? spendShared : ofKey;
    const spend = above.length === 0 ? withoutAbove : ofKeys;
    if (await spend(on, parameters)) return isPaid;
    // By the clock by which it was refused.
    const refusedAt = Math.min(now, (await readClock(on, dialect)) ?? now);
    return describeRefusal(on, payer, cost, refusedAt);
  };
}

function compileStatements(
  database: Kysely<Tables>,
  dialect: SqlDialect,
): SpendStatements & Pick<SpendAboveStatements, 'spendKeys' | 'spendAll'> {
  const statements = compileSpendStatements(database, dialect);
  if (dialect === 'postgres') return { ...statements, ...compileSpendAboveForPostgres(database) };
  // A transaction of SQLite that writes is alone, and no statement writes to two tables.
  const { spendOwn, canSpendOwn, spendShared } = statements;
  const { spendKeys, canSpendKeys } = compileSpendAboveForSqlite(database);
  const spendInTurns =
    (...turns: readonly SpendStatement[]): SpendStatement =>
    async (on, parameters) => {
      for (const turn of turns) if (!(await turn(on, parameters))) return false;
      return true;
    };
  return {
    ...statements,
    spendBoth: spendInTurns(canSpendOwn, spendShared, spendOwn),
    spendKeys,
    spendAll: spendInTurns(canSpendKeys, spendShared, spendKeys),
  };
}

function toMs(seconds: number | null | undefined): number | null {
  return seconds === null || seconds === undefined ? null : seconds * 1000;
}

/** The result of a payment that was refused, with the time of the next refill. */
async function describeRefusal(
  database: Kysely<Tables>,
  { keyId, above: aboveIds, shared }: CreditPayer,
  cost: number,
  now: number,
): Promise<CreditPayment> {
  const keyIds = [...(keyId === null ? [] : [keyId]), ...aboveIds];
  const found = keyIds.length === 0 ? noBalances : await findBalances(database, keyIds);
  if (found.size < keyIds.length) return { isPaid: false, refillsAt: null };
  const own = (keyId === null ? undefined : found.get(keyId)) ?? null;
  const above = aboveIds.map((id) => found.get(id)).filter((balance) => balance !== undefined);
  const spent = shared === null ? null : await findSpent(database, shared.ownerId, shared.environment);
  const ofOwner = shared === null ? null : toSharedBalance(shared, spent, now);
  return refusePayment({ own, above, shared: ofOwner }, cost, now);
}

const noBalances: ReadonlyMap<string, CreditBalance> = new Map();

async function findBalances(
  database: Kysely<Tables>,
  keyIds: readonly string[],
): Promise<ReadonlyMap<string, CreditBalance>> {
  const rows = await database.selectFrom('key_credits').selectAll().where('key_id', 'in', keyIds).execute();
  return new Map(
    rows.map((row) => [
      row.key_id,
      {
        remaining: row.remaining,
        refillAmount: row.refill_amount,
        refillIntervalSeconds: row.refill_interval_seconds,
        refilledAt: row.refilled_at,
      },
    ]),
  );
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
