import type { NonceStore } from '../ports/nonce-store.js';
import type { SqlDatabase } from './sql-database.js';
import type { WithinDeadline } from './sql-change-feed.js';

/** The nonce store on SQLite and PostgreSQL. */
export class SqlNonceStore implements NonceStore {
  readonly #database: SqlDatabase;
  readonly #within: WithinDeadline;

  constructor(database: SqlDatabase, within: WithinDeadline) {
    this.#database = database;
    this.#within = within;
  }

  take(name: string, expiresAt: number, now: number): Promise<boolean> {
    return this.#within('Taking a name', (budget) =>
      // Not repeated after it began, because the second time it would find its own name.
      this.#database.write(
        budget,
        async (database) => {
          const { numInsertedOrUpdatedRows = 0n } = await database
            .insertInto('nonces')
            .values({ name, expires_at: expiresAt })
            // Expired names are removed in the background; until then they can be taken again.
            .onConflict((conflict) =>
              conflict
                .column('name')
                .doUpdateSet({ expires_at: expiresAt })
                .where('nonces.expires_at', '<=', now),
            )
            .executeTakeFirstOrThrow();
          return numInsertedOrUpdatedRows === 1n;
        },
        { lane: 'requests' },
      ),
    );
  }

  has(name: string, now: number): Promise<boolean> {
    return this.#within('Reading a name', (budget) =>
      this.#database.readForRequest(budget, async (database) => {
        const taken = database.selectFrom('nonces').select('name').where('name', '=', name);
        return (await taken.where('expires_at', '>', now).executeTakeFirst()) !== undefined;
      }),
    );
  }
}
