import { ApiKeysError } from '../errors.js';
import type { Keyspaces } from '../domain/keyspaces.js';
import type { InvalidationTarget } from '../feed/known-changes.js';
import type { Lease } from '../feed/lease.js';
import type { RecentVersions } from '../feed/recent-versions.js';
import type { FeedPosition } from '../ports/change-feed.js';
import type { Clock } from '../ports/clock.js';
import type { KeyStore } from '../ports/key-store.js';
import type { CachedCopy, VerificationCache } from '../ports/verification-cache.js';
import { SingleFlight, type InFlightRead } from './single-flight.js';
import { SingleFlightFresh } from './single-flight-fresh.js';
import type { LocalCache } from './local-cache.js';
import { NegativeCache } from './negative-cache.js';
import { PreparedKey } from './prepared-key.js';
import type { UseRecorder } from './record-use.js';

/** Where verification looks keys up. The methods reject when the store does not answer; an absent key is `null`. */
export interface KeyFinder extends InvalidationTarget {
  /** From the shared cache, else from the store. */
  find(id: string): Promise<PreparedKey | null>;
  /** From the store, with all that is stored of the credentials. */
  findInStore(id: string): Promise<PreparedKey | null>;
  /** Whether the store was asked for it a moment ago and did not know it. To be believed only under the lease. */
  isKnownAbsent(id: string): boolean;
}

/** What looking keys up needs. */
export interface FindKeyParts {
  readonly store: Pick<KeyStore, 'find'>;
  /** `null` when there is no Redis. */
  readonly cache: VerificationCache | null;
  /** `null` when this process holds no keys. */
  readonly local: LocalCache | null;
  readonly uses: UseRecorder;
  readonly lease: Lease;
  /** Resolves under the lease; rejects with ApiKeysError `unavailable` when it cannot be had. */
  readonly ensureLease: () => Promise<void>;
  readonly versions: RecentVersions;
  /** Every change up to this one is applied here. */
  readonly applied: () => FeedPosition;
  readonly clock: Clock;
  readonly keyspaces: Pick<Keyspaces, 'catalogueOf'>;
}

const maxAbsent = 10_000;

/**
 * Looks a key up: at most one read of the shared cache and one of the store, shared by simultaneous callers. What was
 * read is held only if no change of the key came in between. Without the lease nothing is believed at all: that a store
 * answers reads does not say that it is the one which takes changes.
 */
export function createKeyFinder(parts: FindKeyParts): KeyFinder {
  const { store, cache, local, uses, lease, ensureLease, versions, applied, clock, keyspaces } = parts;
  const flights = new SingleFlight<PreparedKey | null>();
  const absent = new NegativeCache(maxAbsent);
  /** Copies that the shared cache hands out again are prepared once. */
  const prepared = new WeakMap<CachedCopy, PreparedKey>();

  function prepare(copy: CachedCopy): PreparedKey {
    const known = prepared.get(copy);
    if (known !== undefined) return known;
    const made = new PreparedKey(copy.key, keyspaces.catalogueOf(copy.key));
    prepared.set(copy, made);
    return made;
  }

  async function readCache(id: string): Promise<PreparedKey | null> {
    const copy = cache === null ? null : await cache.get(id);
    // A copy repeats its own id, so that one key's copy can never answer for another.
    if (copy === null || copy.key.id !== id) return null;
    const isCurrent = lease.isHeld() && versions.isCurrent(id, copy.key.version, copy.asOf);
    return isCurrent ? prepare(copy) : null;
  }

  async function readStore(id: string, flight?: InFlightRead<unknown>): Promise<PreparedKey | null> {
    const asOf = applied();
    const known = versions.versionOf(id);
    const readAt = clock.now();
    const key = await store.find(id);
    if ((key?.version ?? 0) < known) throw isBehind();
    if (key === null) return null;
    if (flight?.isDetached !== true) cache?.fill({ key, asOf }, readAt);
    return new PreparedKey(key, keyspaces.catalogueOf(key));
  }

  async function fly(id: string, flight: InFlightRead<unknown>): Promise<PreparedKey | null> {
    const readAt = clock.now();
    const found = (await readCache(id)) ?? (await readStore(id, flight));
    if (flight.isDetached || !lease.isHeld()) return found;
    if (found === null) absent.add(id);
    else local?.hold(found, uses.counterFor(id), readAt);
    return found;
  }

  const storeReads = new SingleFlightFresh((id: string) => readStore(id));

  return {
    async find(id) {
      // Only who hears of changes in time may share what was asked for before.
      if (!lease.isHeld()) await ensureLease();
      return flights.join(id, (flight) => fly(id, flight));
    },
    findInStore: (id) => storeReads.get(id),
    isKnownAbsent: (id) => absent.has(id),

    forget(id) {
      flights.forget(id);
      local?.forget(id);
      absent.forget(id);
    },

    forgetAll() {
      flights.forgetAll();
      local?.forgetAll();
      absent.forgetAll();
    },
  };
}

/** Keys are never deleted and versions never go back: this is not the state that changes were applied to. */
function isBehind(): ApiKeysError {
  const cause = new Error('The database lacks a change of this key that it has had before');
  return new ApiKeysError('unavailable', { cause });
}
