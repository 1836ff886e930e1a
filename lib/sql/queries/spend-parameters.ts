import { sql } from 'kysely';
import type {
  AliasedRawBuilder,
  CompiledQuery,
  Kysely,
  OnConflictBuilder,
  OnConflictDatabase,
  OnConflictTables,
  OnConflictUpdateBuilder,
  RawBuilder,
} from 'kysely';
import type { SqlDialect } from '../sql-database.js';
import type { Tables } from '../tables.js';
import { limitToClock } from './database-clock.js';

/** What a payment is about; the members that a statement does not use may have any value. */
export interface SpendParameters {
  readonly cost: number;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly keyId: string;
  /** The keys above it that pay; `''` for each that is not there. */
  readonly above1: string;
  readonly above2: string;
  readonly above3: string;
  readonly above4: string;
  readonly above5: string;
  /** How many keys pay. */
  readonly keyCount: number;
  readonly ownerId: string;
  readonly environment: string;
  /** The credits that the plan of the owner gives. */
  readonly amount: number;
  /** The interval of the plan; `null`: no refills. */
  readonly intervalMs: number | null;
}

/** Runs a statement of a payment, and returns whether there was enough. */
export type SpendStatement = (on: Kysely<Tables>, parameters: SpendParameters) => Promise<boolean>;

// Each value is the name of its parameter. PostgreSQL needs casts: it would take numbers for an `integer`.
export const cost: RawBuilder<number> = writeNumber('cost');
const amount = writeNumber('amount');
const intervalMs = writeNumber('intervalMs');
export const keyId: RawBuilder<string> = writeText('keyId');
export const keyCount: RawBuilder<number> = writeNumber('keyCount');
/** The key, if it pays, and the keys above it that pay. */
export const keyIds: RawBuilder<unknown> = sql.join(
  (['keyId', 'above1', 'above2', 'above3', 'above4', 'above5'] as const).map(writeText),
);
const ownerId = writeText('ownerId');
const environment = writeText('environment');

function writeNumber(name: keyof SpendParameters): RawBuilder<number> {
  return sql<number>`cast(${name} as bigint)`;
}

function writeText(name: keyof SpendParameters): RawBuilder<string> {
  return sql<string>`cast(${name} as text)`;
}

/** Whether a plan gives as many at all. */
export const fitsAmount: RawBuilder<boolean> = sql<boolean>`${cost} <= ${amount}`;
/** The row of an owner for whom nothing was spent before. */
export const spentColumns = ['owner_id', 'environment', 'spent', 'since'] as const;

/** What a payment says of the time. */
export interface SpendTerms {
  /** What a key has left after a refill that is due. */
  readonly remaining: RawBuilder<number>;
  /** The beginning of the running interval of a key. */
  readonly refilledAt: RawBuilder<number>;
  /** The row of an owner for whom nothing was spent before, in the order of {@link spentColumns}. */
  readonly newSpent: readonly [
    AliasedRawBuilder<string, 'owner_id'>,
    AliasedRawBuilder<string, 'environment'>,
    AliasedRawBuilder<number, 'spent'>,
    AliasedRawBuilder<number, 'since'>,
  ];
  /** For a row that is there already. */
  readonly addToSpent: (
    conflict: OnConflictBuilder<Tables, 'owner_credits'>,
  ) => OnConflictUpdateBuilder<
    OnConflictDatabase<Tables, 'owner_credits'>,
    OnConflictTables<'owner_credits'>
  >;
}

/**
 * Builds the terms. A process whose clock is ahead of the database's begins no interval that lies ahead for all others: they would
 * refill nothing until then.
 */
export function createSpendTerms(dialect: SqlDialect): SpendTerms {
  const now = limitToClock(writeNumber('now'), dialect);
  // Whether an interval of the credits of a key is over.
  const isDue = sql<boolean>`key_credits.refill_interval_seconds is not null and ${now} - key_credits.refilled_at >= key_credits.refill_interval_seconds * 1000`;
  // Whether the interval of the plan is over; unknown, and so not met, for a plan without one.
  const isOver = sql<boolean>`excluded.since - owner_credits.since >= ${intervalMs}`;
  const spentBefore = sql<number>`(case when ${isOver} then 0 else owner_credits.spent end)`;
  return {
    remaining: sql<number>`case when ${isDue} and key_credits.refill_amount > key_credits.remaining then key_credits.refill_amount else key_credits.remaining end`,
    refilledAt: sql<number>`case when ${isDue} then key_credits.refilled_at + ((${now} - key_credits.refilled_at) / (key_credits.refill_interval_seconds * 1000)) * (key_credits.refill_interval_seconds * 1000) else key_credits.refilled_at end`,
    newSpent: [ownerId.as('owner_id'), environment.as('environment'), cost.as('spent'), now.as('since')],
    addToSpent: (conflict) =>
      conflict
        .columns(['owner_id', 'environment'])
        .doUpdateSet({
          spent: sql<number>`${spentBefore} + excluded.spent`,
          since: sql<number>`case when ${isOver} then owner_credits.since + ((excluded.since - owner_credits.since) / ${intervalMs}) * ${intervalMs} else owner_credits.since end`,
        })
        .where(sql<boolean>`${spentBefore} + excluded.spent <= ${amount}`),
  };
}

/** Compiles a statement once; its parameters are put in the order in which it names them. */
export function prepareSpending(statement: { compile(): CompiledQuery<unknown> }): SpendStatement {
  const compiled = statement.compile();
  const names = compiled.parameters as readonly (keyof SpendParameters)[];
  return async (on, parameters) => {
    const values = names.map((name) => parameters[name]);
    const { rows, numAffectedRows = 0n } = await on.executeQuery({ ...compiled, parameters: values });
    return numAffectedRows > 0n || rows.length > 0;
  };
}
