import { ApiKeysError } from '../errors.js';
import type { NonceStore } from '../ports/nonce-store.js';
import type { ServerHistory } from './server-history.js';
import type { SqlDatabase } from './sql-database.js';
import type { WithinDeadline } from './sql-change-feed.js';

/** The nonce store on SQLite and PostgreSQL. */
export class SqlNonceStore implements NonceStore {
  readonly #database: SqlDatabase;
  readonly #within: WithinDeadline;
  readonly #history: Pick<ServerHistory, 'continuedFor'>;

  /** @param history - of the server that answers: names are replicated like everything else, so one that took over may lack some */
  constructor(database: SqlDatabase, within: WithinDeadline, history: Pick<ServerHistory, 'continuedFor'>) {
    this.#database = database;
    this.#within = within;
    this.#history = history;
  }

  take(name: string, expiresAt: number, now: number, takeableSince: number = Infinity): Promise<boolean> {
    return this.#within('Taking a name', (budget) =>
      // Not repeated after it began, because the second time it would find its own name.
      this.#database.write(
        budget,
        async (database) => {
          const taken = await database
            .insertInto('nonces')
            .values({ name, expires_at: expiresAt })
            // Expired names are removed in the background; until then they can be taken again.
            .onConflict((conflict) =>
              conflict
                .column('name')
                .doUpdateSet({ expires_at: expiresAt })
                .where('nonces.expires_at', '<=', now),
            )
            .returning(this.#history.continuedFor(database))
            .executeTakeFirst();
          if (taken === undefined) return false;
          // Both are differences of one clock each, so that the clock of the server may be any.
          if (taken.continued_for !== null && taken.continued_for <= now - takeableSince)
            throw createLostError();
          return true;
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

function createLostError(): ApiKeysError {
  const cause = new Error(
    'Another database server has taken over, and may lack what was recorded last: whether this was used before is unknown',
  );
  return new ApiKeysError('unavailable', { cause });
}
