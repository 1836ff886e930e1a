import type { ApiKeyRecord } from '../domain/api-key.js';
import type { AuditAction } from '../domain/audit-entry.js';
import type { FeedPosition } from './change-feed.js';

/** One committed change with the record as it is now. What wrote no event is none, and must not be announced. */
export interface AnnouncedChange {
  readonly record: ApiKeyRecord;
  readonly action: AuditAction;
  /** That of its own event: by it, and by nothing else, the change is recognised when the feed brings it. */
  readonly position: FeedPosition;
}

/** What the confirmation of a change has to wait for. */
export interface CommitPoint {
  /** Whoever has applied all changes up to this one has seen what was committed. */
  readonly sequence: number;
  /** The longest lease of the processes that may have missed it, in milliseconds. */
  readonly maxLeaseMs: number;
}

/** Brings committed changes to every process. */
export interface ChangeAnnouncer {
  /**
   * Applies changes in this process and hurries all processes to read the feed, also when there are none; nothing is
   * waited for.
   *
   * @param changedAt - wall clock in milliseconds, taken before the change was begun
   */
  announce(changes: readonly AnnouncedChange[], changedAt: number): void;
  /**
   * Waits until every process, this one included, has applied all changes up to a point, a second at most. Never rejects.
   *
   * @returns `null` when they have, else the time (epoch milliseconds) from which no process accepts what was taken away
   */
  confirm(point: CommitPoint): Promise<number | null>;
}
