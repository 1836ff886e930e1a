import type { Erasure, ErasedTraces } from '../ports/erasure.js';
import {
  deleteAccessEventsOfOwner,
  deleteRefreshGrants,
  eraseEntries,
  eraseUseAddresses,
} from './queries/erasure-queries.js';
import { deleteObservations } from './queries/observation-queries.js';
import { deleteRouteCounts } from './queries/route-counts.js';
import { deleteUsedParts } from './queries/used-parts.js';
import { deleteSpent } from './queries/owner-credit-queries.js';
import type { WithinDeadline } from './sql-change-feed.js';
import type { SqlDatabase } from './sql-database.js';

/** Removal of personal data on SQLite and PostgreSQL alike. */
export class SqlErasure implements Erasure {
  readonly #database: SqlDatabase;
  readonly #within: WithinDeadline;

  constructor(database: SqlDatabase, within: WithinDeadline) {
    this.#database = database;
    this.#within = within;
  }

  eraseFromTrail(sequences: readonly number[]): Promise<number> {
    return this.#within('Erasing from the audit trail', (budget) =>
      this.#database.writeOnce(budget, (on) => eraseEntries(on, sequences)),
    );
  }

  eraseFromAccessLog(ownerId: string, limit: number): Promise<number> {
    return this.#within('Erasing from the access log', (budget) =>
      this.#database.writeOnce(budget, (on) =>
        deleteAccessEventsOfOwner(on, this.#database.dialect, ownerId, limit),
      ),
    );
  }

  eraseFromObservations(ownerId: string, limit: number): Promise<number> {
    return this.#within('Erasing observed requests', (budget) =>
      this.#database.writeOnce(budget, (on) =>
        deleteObservations(on, this.#database.dialect, { ownerId }, limit),
      ),
    );
  }

  eraseTraces(keyIds: readonly string[]): Promise<ErasedTraces> {
    return this.#within('Erasing traces of keys', async (budget) => {
      await this.#database.writeOnce(budget, (on) => deleteUsedParts(on, keyIds));
      return {
        lastUsedAddresses: await this.#database.writeOnce(budget, (on) =>
          eraseUseAddresses(on, this.#database.dialect, keyIds),
        ),
        refreshGrants: await this.#database.writeOnce(budget, (on) => deleteRefreshGrants(on, keyIds)),
      };
    });
  }

  eraseRoutes(keyIds: readonly string[], limit: number): Promise<number> {
    return this.#within('Erasing usage by route', (budget) =>
      this.#database.writeOnce(budget, (on) =>
        deleteRouteCounts(on, this.#database.dialect, { keyIds }, limit),
      ),
    );
  }

  eraseSpentCredits(ownerId: string): Promise<number> {
    return this.#within('Erasing credits of an owner', (budget) =>
      this.#database.writeOnce(budget, (on) => deleteSpent(on, ownerId)),
    );
  }
}
