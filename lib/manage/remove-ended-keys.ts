import { setTimeout as sleep } from 'node:timers/promises';
import { isEndedBefore } from '../domain/is-ended-before.js';
import type { Clock } from '../ports/clock.js';
import type { KeyStoreTransaction } from '../ports/key-store.js';
import type { QueuedStore } from '../ports/queued-store.js';
import { createAuditEntry } from './audit-entry.js';
import { housekeepingQueuing } from './change-queuing.js';

/** Keys in one transaction: all other changes wait for it, and each takes a dozen statements. */
const keysPerTransaction = 5;
/** Counts of uses in one statement: with SQLite it blocks the event loop, with both databases it holds locks. */
const countsPerStatement = 200;
/** Longer than the interval at which a waiting process retries the lock of a SQLite file, in milliseconds. */
const pauseMs = 25;

/** What removal needs. */
export interface RemovalParts {
  readonly store: Pick<QueuedStore, 'housekeeping' | 'transact'>;
  readonly clock: Clock;
  /** Whether to stop before the next step. */
  readonly isStopped: () => boolean;
}

/**
 * Removes the keys that ended at a time or earlier, in small steps with pauses. Several processes may do so at once, and a step
 * that did not happen is left to the next call: each looks again at what is stored.
 *
 * @param time - epoch milliseconds
 */
export async function removeEndedKeys(parts: RemovalParts, time: number): Promise<void> {
  const { store, isStopped } = parts;
  while (!isStopped()) {
    const found = await store.housekeeping.findEndedKeys(time, keysPerTransaction);
    if (found.length === 0) return;
    while ((await store.housekeeping.removeUsage(found, countsPerStatement)) >= countsPerStatement) {
      await sleep(pauseMs, undefined, { ref: false });
      if (isStopped()) return;
    }
    // In the order in which uses are written, so that neither deadlocks on the other's rows.
    const ids = found.toSorted((a, b) => (a < b ? -1 : 1));
    await store.transact(async (transaction) => {
      for (const id of ids) await removeInTransaction(transaction, parts.clock, id, time);
    }, housekeepingQueuing);
    await sleep(pauseMs, undefined, { ref: false });
  }
}

/** Removes a key, unless another process was faster, or the key has got a later end meanwhile. */
async function removeInTransaction(
  transaction: KeyStoreTransaction,
  clock: Clock,
  id: string,
  time: number,
): Promise<void> {
  const current = await transaction.find(id);
  if (current === null || !isEndedBefore(current, time)) return;
  const last = { ...current, version: current.version + 1, updatedAt: clock.now() };
  await transaction.remove(current, createAuditEntry(removalContext, 'key.removed', last, []));
}

/** Removal acts for the application: no caller requested it. */
const removalContext = {
  actor: { kind: 'application' },
  address: null,
  requestId: null,
  managementScope: null,
} as const;
