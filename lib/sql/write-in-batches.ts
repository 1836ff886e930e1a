import { setImmediate as nextTurn } from 'node:timers/promises';
import type { TimeBudget } from './time-budget.js';

/** The number of rows in one statement. SQLite runs in the thread of the event loop, which each statement blocks. */
const rowsPerStatement = 100;

/**
 * Writes rows in several statements, with pauses for the event loop.
 *
 * @param write - runs the statement on rows as one JSON string
 * @param budget - checked before each statement; absent: all rows are written, however long it takes
 * @throws ApiKeysError `ERR_API_KEYS_UNAVAILABLE` past the deadline
 */
export async function writeInBatches(
  rows: readonly object[],
  write: (json: string) => Promise<unknown>,
  budget?: TimeBudget,
): Promise<void> {
  for (let start = 0; start < rows.length; start += rowsPerStatement) {
    // The caller has already received a timeout, and may send the same rows again.
    budget?.check();
    await write(JSON.stringify(rows.slice(start, start + rowsPerStatement)));
    await nextTurn();
  }
}
