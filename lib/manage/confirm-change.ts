import type { ApiKeyRecord } from '../domain/api-key.js';
import type { AnnouncedChange } from '../ports/change-announcer.js';
import type { FeedPosition } from '../ports/change-feed.js';
import type { Changed } from './change.js';
import type { ManagePorts } from './manage-ports.js';

/** A change that was committed. */
export interface CommittedChange {
  readonly record: ApiKeyRecord;
  /** `null` when the change had been made before, and nothing was written. It is confirmed all the same. */
  readonly written: AnnouncedChange | null;
  /** Whoever has applied all changes up to this one has seen the record as it is now. */
  readonly position: FeedPosition;
}

/**
 * A change has happened when it is committed, but it is only reported as done when every process has applied it. When
 * that cannot be found out in time, the answer names the time by which no process accepts what was taken away.
 *
 * @param changedAt - wall clock in milliseconds, taken before the change was committed
 */
export async function confirmChange(
  { changes }: Pick<ManagePorts, 'changes'>,
  { record, written, position }: CommittedChange,
  changedAt: number,
): Promise<Changed> {
  changes.announce(written === null ? [] : [written], changedAt);
  return { record, effectiveBy: await changes.confirm(position.sequence) };
}
