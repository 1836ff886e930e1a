import type { ChangeAnnouncer } from '../ports/change-announcer.js';
import type { VerificationCache } from '../ports/verification-cache.js';
import type { Confirmations } from './confirmations.js';
import type { FeedFollower } from './feed-follower.js';
import type { KnownChanges } from './known-changes.js';

/** Where changes are announced. */
export interface AnnouncerParts {
  readonly changes: KnownChanges;
  readonly follower: Pick<FeedFollower, 'rouse' | 'wake'>;
  readonly confirmations: Confirmations;
  readonly cache: VerificationCache | null;
}

/**
 * Invalidates the caches of this process first; then the shared cache gets the new version, and the other processes
 * are notified. Only the list of processes in the store says when those have invalidated theirs as well.
 */
export function createChangeAnnouncer(parts: AnnouncerParts): ChangeAnnouncer {
  const { changes, follower, confirmations, cache } = parts;
  return {
    announce(changed, changedAt) {
      for (const change of changed) {
        if ('owner' in change) {
          // The shared cache has copies of the owner's keys, which every reader compares with the changes of owners.
          const { owner, action, position } = change;
          const { ownerId, version } = owner;
          changes.applyOwn({ keyId: null, ownerId, ownerVersion: version, action }, position);
          continue;
        }
        const { record, action, position } = change;
        changes.applyOwn({ keyId: record.id, keyVersion: record.version, action }, position);
        cache?.publish({ key: record, asOf: position }, changedAt);
      }
      cache?.notifyOthers();
      // Confirmed by a process on the list only.
      follower.rouse();
      follower.wake();
    },
    confirm: (point) => confirmations.confirm(point),
  };
}
