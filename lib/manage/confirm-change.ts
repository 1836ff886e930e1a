import type { ApiKeyRecord } from '../domain/api-key.js';
import type { AnnouncedChange, CommitPoint } from '../ports/change-announcer.js';
import type { KeyStoreTransaction } from '../ports/key-store.js';
import type { QueuedStore, SharedQueuing } from '../ports/queued-store.js';
import type { Changed } from './change.js';
import type { ManagePorts } from './manage-ports.js';

/** A change that was committed. */
export interface CommittedChange {
  readonly record: ApiKeyRecord;
  /** `null` when the change had been made before, and nothing was written. It is confirmed nevertheless. */
  readonly written: AnnouncedChange | null;
  /** A process that has applied all changes up to this point has seen the record in its current state. */
  readonly point: CommitPoint;
}

/**
 * Announces a committed change and waits until every process has applied it; only then is it reported as done. When not every
 * process confirms in time, the result contains the time by which no process accepts what was revoked.
 *
 * @param changedAt - wall clock in milliseconds, read before the change was committed
 */
export async function confirmChange(
  { changes }: Pick<ManagePorts, 'changes'>,
  { record, written, point }: CommittedChange,
  changedAt: number,
): Promise<Changed> {
  changes.announce(written === null ? [] : [written], changedAt);
  return { record, effectiveBy: await changes.confirm(point) };
}

/** The point to confirm for a change; to be called after its last step. */
export async function readCommitPoint(
  transaction: Pick<KeyStoreTransaction, 'position' | 'maxLeaseMs' | 'unlistedLeaseMs'>,
): Promise<CommitPoint> {
  const { position, unlistedLeaseMs = 0 } = transaction;
  return { position, maxLeaseMs: await transaction.maxLeaseMs(), unlistedLeaseMs };
}

/**
 * The point to confirm for changes that were committed before this is called. Read as a change reads it: only a server
 * that commits is the one that takes changes, and only under the lock of changes is the list of processes complete.
 */
export function readCurrentPoint(
  store: Pick<QueuedStore, 'transact'>,
  queuing: SharedQueuing,
): Promise<CommitPoint> {
  return store.transact(readCommitPoint, queuing);
}
