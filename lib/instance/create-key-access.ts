import type { EnforcedBounds } from '../domain/enforced-bounds.js';
import type { Keyspaces } from '../domain/keyspaces.js';
import type { ChangeListeners } from '../feed/change-listeners.js';
import type { ErasureTarget } from '../feed/known-changes.js';
import { createFollowing, type Following } from '../feed/following.js';
import { Lease } from '../feed/lease.js';
import { createLeasedStore } from '../feed/leased-store.js';
import { RecentVersions } from '../feed/recent-versions.js';
import { SharedPlaces } from '../feed/shared-places.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import type { KeyStore } from '../ports/key-store.js';
import type { Logger } from '../ports/logger.js';
import { readRedisPlace } from '../redis/redis-place.js';
import { createKeyFinder, type KeyFinder } from '../verify/find-key.js';
import { LocalCache } from '../verify/local-cache.js';
import { UseRecorder } from '../verify/record-use.js';
import type { SharedRedis } from './create-shared-redis.js';

/** The keys of the store, the copies that this process may use, and the changes that invalidate them. */
export interface KeyAccess {
  /** Changes only under the lease. */
  readonly store: KeyStore;
  readonly lease: Lease;
  /** `null`: this process caches no keys. */
  readonly local: LocalCache | null;
  readonly finder: KeyFinder;
  readonly uses: UseRecorder;
  readonly following: Following;
  readonly places: SharedPlaces;
}

/** What access to keys needs. */
export interface KeyAccessParts {
  readonly options: ResolvedOptions;
  readonly store: KeyStore;
  /** `null`: no Redis. */
  readonly redis: SharedRedis | null;
  readonly keyspaces: Keyspaces;
  /** Already applied to what the store returns. */
  readonly bounds: EnforcedBounds;
  readonly listeners: ChangeListeners;
  readonly recorder: ErasureTarget;
  readonly observed: ErasureTarget;
  readonly routeUsage: ErasureTarget | null;
  /** Called with the outcome of each confirmation. */
  readonly onConfirmation?: ((isConfirmed: boolean) => void) | undefined;
  readonly logger: Logger;
}

/** The maximum number of keys whose last change is remembered. */
const maxRecentVersions = 10_000;

/**
 * Connects the caches with the feed of changes: what the feed reports is removed from the caches, and what is cached is
 * used only under the lease that following the feed renews. Nothing is opened yet.
 */
export function createKeyAccess(parts: KeyAccessParts): KeyAccess {
  const { options, redis, keyspaces, listeners, recorder, observed, routeUsage, logger } = parts;
  const { clock } = options;
  const ensureLease = (): Promise<void> => following.ensureLease();
  const store = createLeasedStore(parts.store, ensureLease);
  const cache = redis?.cache ?? null;
  const lease = new Lease(options.cache.leaseSeconds * 1000, clock);
  const versions = new RecentVersions(maxRecentVersions);
  const uses = new UseRecorder(store, logger, ensureLease);
  const local = options.cache.maxKeys === 0 ? null : new LocalCache(options.cache);
  const finder: KeyFinder = createKeyFinder({
    store,
    cache,
    local,
    uses,
    lease,
    ensureLease,
    versions,
    applied: () => following.applied(),
    clock,
    keyspaces,
    bounds: parts.bounds,
  });
  const following: Following = createFollowing({
    feed: store.feed,
    cache,
    caches: finder,
    lease,
    versions,
    listeners,
    personal: {
      forget(change, isFromBeforeStart) {
        if (change.keyId !== null) cache?.forget(change.keyId);
        return mergeEnds([
          // An owner that was erased long ago may have come back.
          isFromBeforeStart === true ? null : uses.forget(change, clock.now()),
          recorder.forget(change),
          observed.forget(change),
          routeUsage?.forget(change) ?? null,
        ]);
      },
      forgetAll: () =>
        mergeEnds([
          ...[uses, recorder, observed].map((each) => each.forgetAll()),
          routeUsage?.forgetAll() ?? null,
        ]),
    },
    onConfirmation: parts.onConfirmation,
    onOthers: (others) => places.note(others),
    clock,
    logger,
  });
  const places = new SharedPlaces({
    feed: store.feed,
    instanceId: () => following.instanceId(),
    readRedis: redis === null ? null : () => readRedisPlace(redis.connection, redis.keyPrefix),
    takesSignatures: options.signatures !== null,
    clock,
    logger,
  });
  return { store, lease, local, finder, uses, following, places };
}

/** Waits for those that there are; `null`: for none. */
function mergeEnds(ends: readonly (Promise<unknown> | null)[]): Promise<unknown> | null {
  const some = ends.filter((end) => end !== null);
  return some.length === 0 ? null : Promise.all(some);
}
