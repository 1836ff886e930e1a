import { sql } from 'kysely';
import type {
  CompiledQuery,
  Kysely,
  OnConflictBuilder,
  OnConflictDatabase,
  OnConflictTables,
  OnConflictUpdateBuilder,
  RawBuilder,
} from 'kysely';
import type { Tables } from '../tables.js';

/** What a payment is about; the members that a statement does not use may have any value. */
export interface SpendParameters {
  readonly cost: number;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly keyId: string;
  readonly ownerId: string;
  readonly environment: string;
  /** The credits that the plan of the owner gives. */
  readonly amount: number;
  /** The interval of the plan; `null`: no refills. */
  readonly intervalMs: number | null;
}

/** Runs a statement of a payment, and returns whether there was enough. */
export type SpendStatement = (on: Kysely<Tables>, parameters: SpendParameters) => Promise<boolean>;

/** The statements of payments. */
export interface SpendStatements {
  /** Deducts from the credits of the key. */
  readonly spendOwn: SpendStatement;
  /** Whether the credits of the key suffice. */
  readonly canSpendOwn: SpendStatement;
  /** Deducts from the credits that the keys of the owner share. */
  readonly spendShared: SpendStatement;
  /** Deducts from both or from none; PostgreSQL only. */
  readonly spendBoth: SpendStatement;
}

/**
 * The rules of `refillCredits` (lib/domain/credits.ts) as SQL. A statement that waits for a row sees the remaining balance,
 * because both databases evaluate the condition again under the lock.
 */
export function compileSpendStatements(database: Kysely<Tables>): SpendStatements {
  return {
    spendOwn: prepareSpending(
      database
        .updateTable('key_credits')
        .set({ remaining: sql<number>`${remaining} - ${cost}`, refilled_at: refilledAt })
        .where('key_id', '=', keyId)
        .where(sql<boolean>`${remaining} >= ${cost}`),
    ),
    canSpendOwn: prepareSpending(
      database
        .selectFrom('key_credits')
        .select('key_id')
        .where('key_id', '=', keyId)
        .where(sql<boolean>`${remaining} >= ${cost}`),
    ),
    spendShared: prepareSpending(
      database
        .insertInto('owner_credits')
        .columns(spentColumns)
        .expression(database.selectNoFrom(newSpent).where(fitsAmount))
        .onConflict(addToSpent),
    ),
    spendBoth: prepareSpending(
      database
        // The row of the key is locked first, and always before that of the owner.
        .with('own', (on) =>
          on
            .selectFrom('key_credits')
            .select(['key_id', remaining.as('remaining'), refilledAt.as('refilled_at')])
            .where('key_id', '=', keyId)
            .forUpdate(),
        )
        .with('shared', (on) =>
          on
            .insertInto('owner_credits')
            .columns(spentColumns)
            .expression(
              on
                .selectFrom('own')
                .select(newSpent)
                .where(sql<boolean>`own.remaining >= ${cost}`)
                .where(fitsAmount),
            )
            .onConflict(addToSpent)
            .returning('owner_id'),
        )
        .updateTable('key_credits')
        .from(['own', 'shared'])
        .set({
          remaining: sql<number>`own.remaining - ${cost}`,
          refilled_at: sql<number>`own.refilled_at`,
        })
        .whereRef('key_credits.key_id', '=', 'own.key_id'),
    ),
  };
}

// Each value is the name of its parameter. PostgreSQL needs casts: it would take numbers for an `integer`.
const cost = writeNumber('cost');
const now = writeNumber('now');
const amount = writeNumber('amount');
const intervalMs = writeNumber('intervalMs');
const keyId = writeText('keyId');
const ownerId = writeText('ownerId');
const environment = writeText('environment');

function writeNumber(name: keyof SpendParameters): RawBuilder<number> {
  return sql<number>`cast(${name} as bigint)`;
}

function writeText(name: keyof SpendParameters): RawBuilder<string> {
  return sql<string>`cast(${name} as text)`;
}

const isDue = sql<boolean>`key_credits.refill_interval_seconds is not null and ${now} - key_credits.refilled_at >= key_credits.refill_interval_seconds * 1000`;
const remaining = sql<number>`case when ${isDue} and key_credits.refill_amount > key_credits.remaining then key_credits.refill_amount else key_credits.remaining end`;
const refilledAt = sql<number>`case when ${isDue} then key_credits.refilled_at + ((${now} - key_credits.refilled_at) / (key_credits.refill_interval_seconds * 1000)) * (key_credits.refill_interval_seconds * 1000) else key_credits.refilled_at end`;

/** Whether the interval of the plan is over; unknown, and so not met, for a plan without one. */
const isOver = sql<boolean>`excluded.since - owner_credits.since >= ${intervalMs}`;
const spentBefore = sql<number>`(case when ${isOver} then 0 else owner_credits.spent end)`;

const fitsAmount = sql<boolean>`${cost} <= ${amount}`;
const spentColumns = ['owner_id', 'environment', 'spent', 'since'] as const;
const newSpent = [
  ownerId.as('owner_id'),
  environment.as('environment'),
  cost.as('spent'),
  now.as('since'),
] as const;

/** For a row that is there already. */
function addToSpent(
  conflict: OnConflictBuilder<Tables, 'owner_credits'>,
): OnConflictUpdateBuilder<OnConflictDatabase<Tables, 'owner_credits'>, OnConflictTables<'owner_credits'>> {
  return conflict
    .columns(['owner_id', 'environment'])
    .doUpdateSet({
      spent: sql<number>`${spentBefore} + excluded.spent`,
      since: sql<number>`case when ${isOver} then owner_credits.since + ((excluded.since - owner_credits.since) / ${intervalMs}) * ${intervalMs} else owner_credits.since end`,
    })
    .where(sql<boolean>`${spentBefore} + excluded.spent <= ${amount}`);
}

/** Compiles a statement once; its parameters are put in the order in which it names them. */
function prepareSpending(statement: { compile(): CompiledQuery<unknown> }): SpendStatement {
  const compiled = statement.compile();
  const names = compiled.parameters as readonly (keyof SpendParameters)[];
  return async (on, parameters) => {
    const values = names.map((name) => parameters[name]);
    const { rows, numAffectedRows = 0n } = await on.executeQuery({ ...compiled, parameters: values });
    return numAffectedRows > 0n || rows.length > 0;
  };
}
