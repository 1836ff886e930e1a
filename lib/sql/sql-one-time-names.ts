import type { Kysely } from 'kysely';
import type { OneTimeNames } from '../ports/one-time-names.js';
import type { SqlDatabase } from './sql-database.js';
import type { WithinDeadline } from './sql-change-feed.js';
import type { Tables } from './tables.js';

/** Names past their end that are removed with each one that is taken. */
const mostRemoved = 100;

/** Names on SQLite and PostgreSQL alike. */
export class SqlOneTimeNames implements OneTimeNames {
  readonly #database: SqlDatabase;
  readonly #within: WithinDeadline;

  constructor(database: SqlDatabase, within: WithinDeadline) {
    this.#database = database;
    this.#within = within;
  }

  take(name: string, expiresAt: number, now: number): Promise<boolean> {
    return this.#within('Taking a name', (budget) =>
      // Not repeated after it began: the second time it would find its own name.
      this.#database.write(budget, async (database) => {
        const result = await database
          .insertInto('one_time_names')
          .values({ name, expires_at: expiresAt })
          .onConflict((conflict) => conflict.column('name').doNothing())
          .executeTakeFirst();
        const isTaken = result.numInsertedOrUpdatedRows === 1n;
        if (isTaken) await removeEnded(database, now);
        return isTaken;
      }),
    );
  }
}

async function removeEnded(database: Kysely<Tables>, now: number): Promise<void> {
  await database
    .deleteFrom('one_time_names')
    .where('name', 'in', (ended) =>
      // The order keeps two processes from waiting for each other's rows in a circle.
      ended
        .selectFrom('one_time_names as old')
        .select('old.name')
        .where('old.expires_at', '<=', now)
        .orderBy('old.expires_at')
        .orderBy('old.name')
        .limit(mostRemoved),
    )
    .execute();
}
