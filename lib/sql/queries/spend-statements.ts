import { sql, type Kysely } from 'kysely';
import type { SqlDialect } from '../sql-database.js';
import type { Tables } from '../tables.js';
import {
  cost,
  fitsAmount,
  keyId,
  createSpendTerms,
  prepareSpending,
  spentColumns,
  type SpendStatement,
} from './spend-parameters.js';

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
export function compileSpendStatements(database: Kysely<Tables>, dialect: SqlDialect): SpendStatements {
  const { remaining, refilledAt, newSpent, addToSpent } = createSpendTerms(dialect);
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
