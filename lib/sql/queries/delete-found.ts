import { sql } from 'kysely';
import type { Kysely, SelectQueryBuilder } from 'kysely';
import type { SqlDialect } from '../sql-database.js';
import type { Tables } from '../tables.js';

/** Rows of a table, as a query finds them. */
export interface FoundRows<T extends keyof Tables, Found, From extends keyof Found, Row> {
  readonly table: T;
  /** What identifies a row; the query selects these columns and no others. */
  readonly columns: readonly (keyof Row & keyof Tables[T] & string)[];
  readonly rows: SelectQueryBuilder<Found, From, Row>;
  /**
   * What the query does with rows that another process is removing, on PostgreSQL. `wait`: it finds others in their place, so that fewer than its limit
   * means that none are left. `skip`: two processes remove different rows, and neither waits for the other.
   */
  readonly locked: 'wait' | 'skip';
}

/**
 * Deletes the rows that a query finds, and no others.
 *
 * A locking query that stands in the condition of a delete is run once for each row of the table where PostgreSQL plans it so. Each time it leaves out the rows
 * that the statement has deleted by then, and finds others up to its limit: in the end, more are deleted than the limit allows. So it is a part of
 * the statement of its own, which is run once whatever the plan.
 *
 * @returns the number of deleted rows
 */
export async function deleteFound<T extends keyof Tables, Found, From extends keyof Found, Row>(
  database: Kysely<Tables>,
  dialect: SqlDialect,
  { table, columns, rows, locked }: FoundRows<T, Found, From, Row>,
): Promise<number> {
  // The tables have no column in common that the compiler could name.
  const anyTable = database as unknown as Kysely<Record<'any' | 'doomed', Record<string, unknown>>>;
  const names: readonly string[] = columns;
  const { numDeletedRows } = await anyTable
    .with(
      (name) => name('doomed').materialized(),
      () =>
        rows
          .$if(dialect === 'postgres', (query) => query.forUpdate())
          .$if(dialect === 'postgres' && locked === 'skip', (query) => query.skipLocked()),
    )
    .deleteFrom(table as 'any')
    .where(({ eb, selectFrom }) =>
      eb(sql`(${sql.join(names.map((name) => sql.ref(name)))})`, 'in', selectFrom('doomed').select(names)),
    )
    .executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}
