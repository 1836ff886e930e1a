import type { Kysely } from 'kysely';
import type { ObservedGroup, ObservedRefusal } from '../domain/observed-refusal.js';
import type { ObservationLog, ObservationQuery } from '../ports/observation-log.js';
import {
  compileAddObservations,
  deleteObservations,
  findSurplusObservation,
  hasObservationsBefore,
  listObservations,
  mergeObservations,
  type AddObservations,
} from './queries/observation-queries.js';
import type { WithinDeadline } from './sql-change-feed.js';
import type { SqlDatabase } from './sql-database.js';
import type { Tables } from './tables.js';

/** What guards in observe mode would have refused, on SQLite and PostgreSQL alike. */
export class SqlObservationLog implements ObservationLog {
  readonly #database: SqlDatabase;
  readonly #within: WithinDeadline;
  #add: AddObservations | undefined;

  constructor(database: SqlDatabase, within: WithinDeadline) {
    this.#database = database;
    this.#within = within;
  }

  add(counts: readonly ObservedRefusal[]): Promise<void> {
    return this.#within('Writing observed requests', async (budget) => {
      const merged = await mergeObservations(counts);
      if (merged.length === 0) return;
      const add = async (on: Kysely<Tables>): Promise<void> => {
        this.#add ??= compileAddObservations(on, this.#database.dialect);
        await this.#add(on, merged, budget);
        // An erasure that waits for this write has stopped waiting at the deadline.
        budget.check();
      };
      await this.#database.write(budget, add, { mayBeLost: true });
    });
  }

  list(query: ObservationQuery): Promise<readonly ObservedGroup[]> {
    return this.#within('Listing observed requests', (budget) =>
      this.#database.readForRequest(budget, (on) => listObservations(on, query)),
    );
  }

  prune(before: number, keep: number, limit: number): Promise<number> {
    return this.#within('Pruning observed requests', async (budget) => {
      // Read without a write lock, because passing so many rows takes longer than removing some.
      const surplus = await this.#database.read(budget, (on) => findSurplusObservation(on, keep));
      const isDue =
        surplus !== undefined ||
        (await this.#database.read(budget, (on) => hasObservationsBefore(on, before)));
      if (!isDue) return 0;
      return this.#database.writeOnce(budget, (on) =>
        deleteObservations(on, this.#database.dialect, { before, surplus }, limit),
      );
    });
  }
}
