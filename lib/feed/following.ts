import type { OtherProcess } from '../domain/other-process.js';
import type { ChangeAnnouncer } from '../ports/change-announcer.js';
import type { ChangeFeed, FeedPosition, FeedWatch, Instance } from '../ports/change-feed.js';
import type { Clock } from '../ports/clock.js';
import type { Logger } from '../ports/logger.js';
import type { VerificationCache } from '../ports/verification-cache.js';
import { createChangeAnnouncer } from './announce-changes.js';
import type { ChangeListeners } from './change-listeners.js';
import { Confirmations } from './confirmations.js';
import { FeedFollower } from './feed-follower.js';
import { InstanceWatch } from './instance-watch.js';
import { KnownChanges, type ErasureTarget, type InvalidationTarget } from './known-changes.js';
import type { Lease } from './lease.js';
import type { RecentVersions } from './recent-versions.js';

/** How this process follows the changes of all processes. */
export interface Following {
  readonly announcer: ChangeAnnouncer;
  /** This process has applied every change up to this one. */
  applied(): FeedPosition;
  /** The id under which this process is on the list now. */
  instanceId(): string;
  /** The other processes on the list, as this one saw them last. Waits for no I/O; the list is read in the background. */
  others(): readonly OtherProcess[];
  /** How it learns of new changes; `none` before the start. */
  wakeMode(): 'push' | 'poll' | 'none';
  /**
   * Resolves while the lease is held, after a beat where it has to be renewed. Rejects with
   * `ERR_API_KEYS_UNAVAILABLE` when the store accepts no beat.
   */
  ensureLease(): Promise<void>;
  /** Whether this process has left the list because nothing needs it there. */
  isQuiet(): boolean;
  /** Whether a change of this process waits for the others. */
  isConfirming(): boolean;
  /** Gives up the lease before it returns, then leaves the list and closes the listening connection. Never rejects. */
  becomeQuiet(): Promise<void>;
  /** Sets what is called when a quiet time is over: this process is on the list again, and has beaten. Must not throw. */
  onRoused(callback: () => void): void;
  /** Joins the list of processes. Rejects with `ERR_API_KEYS_UNAVAILABLE` when the store does not respond. */
  start(): Promise<void>;
  /** Leaves the list. Never rejects. */
  stop(): Promise<void>;
}

/** The parts that following is made of. */
export interface FollowingParts {
  readonly feed: ChangeFeed;
  readonly cache: VerificationCache | null;
  readonly lease: Lease;
  readonly versions: RecentVersions;
  /** The caches of keys in this process. */
  readonly caches: InvalidationTarget;
  readonly listeners: ChangeListeners;
  /** What waits to be written. */
  readonly personal?: ErasureTarget | undefined;
  /** Called with the other processes on the list whenever it was read. */
  readonly onOthers?: (others: readonly Instance[]) => void;
  /** Called with the outcome of each confirmation. */
  readonly onConfirmation?: ((isConfirmed: boolean) => void) | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Wires the parts of this folder together, once for each process. */
export function createFollowing(parts: FollowingParts): Following {
  const { feed, cache, lease, versions, caches, listeners, clock, logger } = parts;
  const changes = new KnownChanges(versions, caches, listeners, parts.personal);
  const follower: FeedFollower = new FeedFollower({
    ...{ feed, lease, target: changes, logger },
    onBeat(next) {
      instances.noteNext(next);
      if (!isRousing) return;
      isRousing = false;
      handleRoused();
    },
    onRoused() {
      isRousing = true;
      watch ??= startWatch();
      instances.start();
    },
  });
  const instances: InstanceWatch = new InstanceWatch(
    feed,
    () => follower.instanceId,
    (others) => parts.onOthers?.(others),
  );
  const confirmations = new Confirmations({
    ...{ instances, clock, leaseMs: lease.lengthMs },
    hasApplied: ({ sequence, hash }) =>
      follower.hasJoined && follower.settled.sequence >= sequence && versions.knows({ sequence, hash }),
    instanceId: () => follower.instanceId,
    onSettled(isConfirmed) {
      if (!isConfirmed) instances.watchClosely(lease.lengthMs);
      parts.onConfirmation?.(isConfirmed);
    },
  });
  let watch: FeedWatch | null = null;
  let isRousing = false;
  const startWatch = (): FeedWatch =>
    feed.watch(
      () => follower.wake(),
      // A file that was replaced is noticed in a quiet time as well, and reported by the beats that fail then.
      () => follower.rouse(),
    );
  let handleRoused = (): void => undefined;

  return {
    announcer: createChangeAnnouncer({ changes, follower, confirmations, cache }),
    applied: () => follower.applied,
    instanceId: () => follower.instanceId,
    others() {
      if (follower.isQuiet) return [];
      instances.refresh();
      return instances.describeOthers(follower.applied.sequence);
    },
    wakeMode: () => (follower.isQuiet ? 'none' : (watch?.mode() ?? 'none')),
    ensureLease: () => follower.ensureLease(),
    isQuiet: () => follower.isQuiet,
    isConfirming: () => confirmations.isWaiting,

    async becomeQuiet() {
      const left = follower.becomeQuiet();
      const stopping = watch?.isLocal === true ? null : watch;
      if (stopping !== null) watch = null;
      const stopped = stopping?.stop();
      instances.stop();
      await Promise.allSettled([left, stopped]);
    },

    onRoused: (callback) => void (handleRoused = callback),

    async start() {
      cache?.onInvalidation(() => follower.wake());
      await follower.start();
      watch = startWatch();
      instances.watchClosely(lease.lengthMs);
      await instances.look();
      instances.start();
    },

    async stop() {
      instances.stop();
      await Promise.allSettled([watch?.stop(), follower.stop()]);
    },
  };
}
