import { sql, type Kysely } from 'kysely';
import type { Tables } from '../tables.js';
import {
  cost,
  fitsAmount,
  keyCount,
  keyIds,
  createSpendTerms,
  prepareSpending,
  spentColumns,
  type SpendStatement,
} from './spend-parameters.js';

/** The statements of payments that keys above a key take part in. */
export interface SpendAboveStatements {
  /** Deducts from the credits of all keys that pay, or of none. */
  readonly spendKeys: SpendStatement;
  /** Whether the credits of all keys suffice; SQLite only. */
  readonly canSpendKeys: SpendStatement;
  /** Deducts from those, and from the credits that the keys of the owner share, or from none; PostgreSQL only. */
  readonly spendAll: SpendStatement;
}

/** For SQLite, where a statement that writes is alone: what it reads is what it changes. */
export function compileSpendAboveForSqlite(
  database: Kysely<Tables>,
): Pick<SpendAboveStatements, 'spendKeys' | 'canSpendKeys'> {
  const { remaining, refilledAt } = createSpendTerms('sqlite');
  const sufficing = database
    .selectFrom('key_credits')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where(sql<boolean>`key_credits.key_id in (${keyIds})`)
    .where(sql<boolean>`${remaining} >= ${cost}`);
  const doAllSuffice = sql<boolean>`${sufficing} = ${keyCount}`;
  return {
    spendKeys: prepareSpending(
      database
        .updateTable('key_credits')
        .set({ remaining: sql<number>`${remaining} - ${cost}`, refilled_at: refilledAt })
        .where(sql<boolean>`key_id in (${keyIds})`)
        .where(doAllSuffice),
    ),
    canSpendKeys: prepareSpending(database.selectNoFrom(sql`1`.as('found')).where(doAllSuffice)),
  };
}

/**
 * For PostgreSQL. The rows of keys are locked first, in the order of their ids, and then that of the owner: payments of a key,
 * of its children and of theirs never wait for each other in a circle.
 */
export function compileSpendAboveForPostgres(
  database: Kysely<Tables>,
): Pick<SpendAboveStatements, 'spendKeys' | 'spendAll'> {
  const { remaining, refilledAt, newSpent, addToSpent } = createSpendTerms('postgres');
  const locked = database
    .with('own', (on) =>
      on
        .selectFrom('key_credits')
        .select(['key_id', remaining.as('remaining'), refilledAt.as('refilled_at')])
        .where(sql<boolean>`key_id in (${keyIds})`)
        .orderBy('key_id')
        .forUpdate(),
    )
    .with('enough', (on) =>
      on
        .selectFrom('own')
        .select(({ fn }) => fn.countAll<number>().as('keys'))
        .where(sql<boolean>`own.remaining >= ${cost}`)
        .having(sql<boolean>`count(*) = ${keyCount}`),
    );
  const taken = {
    remaining: sql<number>`own.remaining - ${cost}`,
    refilled_at: sql<number>`own.refilled_at`,
  };
  return {
    spendKeys: prepareSpending(
      locked
        .updateTable('key_credits')
        .from(['own', 'enough'])
        .set(taken)
        .whereRef('key_credits.key_id', '=', 'own.key_id'),
    ),
    spendAll: prepareSpending(
      locked
        .with('shared', (on) =>
          on
            .insertInto('owner_credits')
            .columns(spentColumns)
            .expression(on.selectFrom('enough').select(newSpent).where(fitsAmount))
            .onConflict(addToSpent)
            .returning('owner_id'),
        )
        .updateTable('key_credits')
        .from(['own', 'shared'])
        .set(taken)
        .whereRef('key_credits.key_id', '=', 'own.key_id'),
    ),
  };
}
