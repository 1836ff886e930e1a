import type { ApiKeyRecord } from '../domain/api-key.js';
import type { AnnouncedChange, CommitPoint } from '../ports/change-announcer.js';
import type { ChangeFeed } from '../ports/change-feed.js';
import type { KeyStoreTransaction } from '../ports/key-store.js';
import type { Changed } from './change.js';
import type { ManagePorts } from './manage-ports.js';

/** A change that was committed. */
export interface CommittedChange {
  readonly record: ApiKeyRecord;
  /** `null` when the change had been made before, and nothing was written. It is confirmed all the same. */
  readonly written: AnnouncedChange | null;
  /** Whoever has applied all changes up to this one has seen the record as it is now. */
  readonly point: CommitPoint;
}

/**
 * A change has happened when it is committed, but it is only reported as done when every process has applied it. When
 * that cannot be found out in time, the answer names the time by which no process accepts what was taken away.
 *
 * @param changedAt - wall clock in milliseconds, taken before the change was committed
 */
export async function confirmChange(
  { changes }: Pick<ManagePorts, 'changes'>,
  { record, written, point }: CommittedChange,
  changedAt: number,
): Promise<Changed> {
  changes.announce(written === null ? [] : [written], changedAt);
  return { record, effectiveBy: await changes.confirm(point) };
}

/** The point to confirm for a change; to be called behind its last step. */
export async function readCommitPoint(
  transaction: Pick<KeyStoreTransaction, 'position' | 'maxLeaseMs'>,
): Promise<CommitPoint> {
  return { sequence: transaction.position.sequence, maxLeaseMs: await transaction.maxLeaseMs() };
}

/** The point to confirm for changes that were committed before this is called. */
export async function readCurrentPoint(
  feed: Pick<ChangeFeed, 'lastSequence' | 'instances'>,
): Promise<CommitPoint> {
  const [sequence, instances] = await Promise.all([feed.lastSequence(), feed.instances()]);
  return { sequence, maxLeaseMs: Math.max(0, ...instances.map(({ leaseMs }) => leaseMs)) };
}
