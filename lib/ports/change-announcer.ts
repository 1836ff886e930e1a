import type { ApiKeyRecord } from '../domain/api-key.js';
import type { AuditAction } from '../domain/audit-entry.js';
import type { OwnerRecord } from '../domain/owner.js';
import type { FeedPosition } from './change-feed.js';

/** One committed change, of a key or of an owner. */
export type AnyAnnouncedChange = AnnouncedChange | AnnouncedOwnerChange;

/** One committed change of an owner. */
export interface AnnouncedOwnerChange {
  readonly owner: OwnerRecord;
  readonly action: AuditAction;
  /** As of {@link AnnouncedChange}. */
  readonly position: FeedPosition;
}

/**
 * One committed change with the present record. A command that wrote no event made no change, and must not be
 * announced.
 */
export interface AnnouncedChange {
  readonly record: ApiKeyRecord;
  readonly action: AuditAction;
  /**
   * The position of its own event: by this, and by nothing else, the change is recognised when the feed delivers it.
   */
  readonly position: FeedPosition;
}

/** The point that the confirmation of a change waits for. */
export interface CommitPoint {
  /** A process that has applied all changes up to this one has seen the change. */
  readonly position: FeedPosition;
  /** The longest lease of the processes that may have missed it, in milliseconds. */
  readonly maxLeaseMs: number;
  /** How much longer a process may go on with its caches that is missing on the list, in milliseconds. */
  readonly unlistedLeaseMs: number;
}

/** Announces committed changes to every process. */
export interface ChangeAnnouncer {
  /**
   * Applies changes in this process and notifies all processes to read the feed, even when there are no changes.
   * Nothing is waited for.
   *
   * @param changedAt - wall clock in milliseconds, read before the change was begun
   */
  announce(changes: readonly AnyAnnouncedChange[], changedAt: number): void;
  /**
   * Waits until every process, this one included, has applied all changes up to a point, for a second at most. Never
   * rejects.
   *
   * @returns `null` when they have, else the time (epoch milliseconds) from which no process accepts what was revoked
   */
  confirm(point: CommitPoint): Promise<number | null>;
}
