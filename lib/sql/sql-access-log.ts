import type { AccessEntry } from '../domain/access-entry.js';
import type { AccessLog, AccessPosition, AccessQuery, AccessScan } from '../ports/access-log.js';
import {
  compileInsertAccessEvents,
  deleteAccessEvents,
  findAccessScanEnd,
  findFirstSurplus,
  listAccessEvents,
} from './queries/access-log-queries.js';
import type { InsertAccessEvents } from './queries/access-log-queries.js';
import type { WithinDeadline } from './sql-change-feed.js';
import type { SqlDatabase } from './sql-database.js';

/** The access log on SQLite and PostgreSQL alike. */
export class SqlAccessLog implements AccessLog {
  readonly #database: SqlDatabase;
  readonly #within: WithinDeadline;
  #insert: InsertAccessEvents | undefined;

  constructor(database: SqlDatabase, within: WithinDeadline) {
    this.#database = database;
    this.#within = within;
  }

  add(events: readonly AccessEntry[]): Promise<void> {
    if (events.length === 0) return Promise.resolve();
    return this.#within('Writing the access log', (budget) =>
      // In a transaction, because the server limits the time of one, and rolls it back; a lone statement may be done after the deadline.
      this.#database.write(
        budget,
        async (on) => {
          this.#insert ??= compileInsertAccessEvents(on, this.#database.dialect);
          await this.#insert(on, events, budget);
          // An erasure that waits for this write has stopped waiting at the deadline.
          budget.check();
        },
        { mayBeLost: true },
      ),
    );
  }

  list(query: AccessQuery): Promise<readonly AccessEntry[]> {
    return this.#within('Listing the access log', (budget) =>
      this.#database.readForRequest(budget, (on) => listAccessEvents(on, query)),
    );
  }

  findScanEnd(query: AccessScan, rows: number): Promise<AccessPosition | null> {
    return this.#within('Listing the access log', (budget) =>
      this.#database.readForRequest(budget, (on) => findAccessScanEnd(on, query, rows)),
    );
  }

  prune(before: number, keep: number, limit: number): Promise<number> {
    return this.#within('Pruning the access log', async (budget) => {
      // Read without a write lock, because counting so many rows takes longer than removing some.
      const surplus = await this.#database.read(budget, (on) => findFirstSurplus(on, keep));
      const outdated = { at: before - 1, id: '\u{10ffff}' };
      const upTo = surplus === undefined || surplus.at < before ? outdated : surplus;
      return this.#database.writeOnce(budget, (on) => deleteAccessEvents(on, upTo, limit));
    });
  }
}
