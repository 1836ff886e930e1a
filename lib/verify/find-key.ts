import { ApiKeysError } from '../errors.js';
import type { VerifiableKey } from '../domain/api-key.js';
import { toVerifiableKey } from '../domain/to-verifiable-key.js';
import type { EnforcedBounds } from '../domain/enforced-bounds.js';
import { isPastIdleEnd } from '../domain/key-lifetime.js';
import type { Keyspaces } from '../domain/keyspaces.js';
import { isBelowPastIdleEnd } from '../domain/narrow-to-ancestors.js';
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

/** Finds keys for verification. The methods reject when the store does not respond; an absent key is `null`. */
export interface KeyFinder extends InvalidationTarget {
  /** From the shared cache, else from the store. */
  find(id: string): Promise<PreparedKey | null>;
  /** From the store, with everything that is stored of the credentials. */
  findInStore(id: string): Promise<PreparedKey | null>;
  /** Whether a recent read of the store did not find the key. Valid only while the lease is held. */
  isKnownAbsent(id: string): boolean;
}

/** Where keys are found, and where they are cached. */
export interface FindKeyParts {
  readonly store: Pick<KeyStore, 'find' | 'listEvents'>;
  /** `null` when there is no Redis. */
  readonly cache: VerificationCache | null;
  /** `null` when this process caches no keys. */
  readonly local: LocalCache | null;
  readonly uses: UseRecorder;
  readonly lease: Lease;
  /** Resolves while the lease is held; rejects with ApiKeysError `unavailable` when it cannot be renewed. */
  readonly ensureLease: () => Promise<void>;
  readonly versions: RecentVersions;
  /** This process has applied every change up to this one. */
  readonly applied: () => FeedPosition;
  readonly clock: Clock;
  readonly keyspaces: Pick<Keyspaces, 'catalogueOf' | 'getPlanBounds' | 'native'>;
  /** Already applied to what the store returns. */
  readonly bounds: Pick<EnforcedBounds, 'enforce'>;
}

const maxAbsent = 10_000;
/** How often a key is read while the keys above it are being changed. */
const maxReads = 4;

/**
 * Looks a key up: at most one read of the shared cache and one of the store, shared by concurrent callers. The result
 * is cached only if no change of the key came in between. Without the lease nothing is trusted: that a store answers
 * reads does not prove that it is the one which accepts changes.
 */
export function createKeyFinder(parts: FindKeyParts): KeyFinder {
  const { store, cache, local, uses, lease, ensureLease, versions, applied, clock, keyspaces, bounds } =
    parts;
  const { resources } = keyspaces.native;
  const inFlightReads = new SingleFlight<PreparedKey | null>();
  const absent = new NegativeCache(maxAbsent);
  /** Copies that the shared cache returns again are prepared once. */
  const prepared = new WeakMap<CachedCopy, PreparedKey>();

  function prepare(copy: CachedCopy): PreparedKey {
    const known = prepared.get(copy);
    if (known !== undefined) return known;
    const made = prepareKey(bounds.enforce(copy.key), 'redis');
    prepared.set(copy, made);
    return made;
  }

  /** The rights of a key are those that the plan of its owner includes: a change of the owner drops what was prepared. */
  function prepareKey(key: VerifiableKey, readFrom: PreparedKey['readFrom']): PreparedKey {
    const shared = local?.shareAncestors(key) ?? key;
    const catalogue = keyspaces.catalogueOf(key);
    return new PreparedKey(shared, catalogue, resources, keyspaces.getPlanBounds(key), readFrom);
  }

  async function readCache(id: string): Promise<PreparedKey | null> {
    const copy = cache === null ? null : await cache.get(id);
    // A copy repeats its own id, so that one key's copy can never answer for another.
    if (copy === null || copy.key.id !== id) return null;
    const isCurrent = lease.isHeld() && versions.isCurrent(copy.key, copy.asOf);
    if (!isCurrent) return null;
    const found = prepare(copy);
    // The key may have been used since the copy was made.
    const now = clock.now();
    return isPastIdleEnd(found.key, now) || isBelowPastIdleEnd(found.key, now) ? null : found;
  }

  /**
   * Whether a key above was changed after it was read. Unlike a change of the key or of its owner, that does not detach the reads
   * that are in flight, because which keys those are below is known only from their answers.
   */
  function isOlderThanAncestors({ key: { ancestors } }: PreparedKey): boolean {
    return ancestors.some(({ id, version }) => version < versions.versionOf(id));
  }

  /** Whether the trail says that a key was removed: this process may learn of it only with the next beat. */
  async function hasRemoval(id: string): Promise<boolean> {
    return (await store.listEvents({ keyId: id, action: 'key.removed', limit: 1 })).length > 0;
  }

  async function readStore(id: string, inFlight?: InFlightRead<unknown>): Promise<PreparedKey | null> {
    const asOf = applied();
    const known = versions.versionOf(id);
    const wasRemoved = versions.wasRemoved(id);
    const readAt = clock.now();
    const key = await store.find(id);
    if (key === null && known > 0 && (wasRemoved || (await hasRemoval(id)))) return null;
    if ((key?.version ?? 0) < known) throw createBehindError();
    if (key === null) return null;
    // A shared read ends in the local cache.
    const needed = inFlight === undefined ? key : toVerifiableKey(key);
    if (inFlight?.isDetached !== true) cache?.fill({ key: needed, asOf }, readAt);
    return prepareKey(needed, 'database');
  }

  async function readShared(id: string, inFlight: InFlightRead<unknown>): Promise<PreparedKey | null> {
    const readAt = clock.now();
    const found = (await readCache(id)) ?? (await readStore(id, inFlight));
    if (inFlight.isDetached || !lease.isHeld()) return found;
    if (found === null) absent.add(id);
    else if (!isOlderThanAncestors(found)) local?.set(found, uses.counterFor(found.key), readAt);
    return found;
  }

  /** Reads again what was read before a change of a key above: the caller may have come after that change. */
  async function readAgain(id: string, read: () => Promise<PreparedKey | null>): Promise<PreparedKey | null> {
    let found = await read();
    for (let attempt = 1; found !== null && isOlderThanAncestors(found); attempt += 1) {
      if (attempt === maxReads) throw createBehindError();
      found = await readStore(id);
    }
    return found;
  }

  const storeReads = new SingleFlightFresh((id: string) => readAgain(id, () => readStore(id)));

  return {
    async find(id) {
      // An earlier read may be shared only while changes are learned of in time.
      if (!lease.isHeld()) await ensureLease();
      return readAgain(id, () => inFlightReads.join(id, (inFlight) => readShared(id, inFlight)));
    },
    findInStore: (id) => storeReads.get(id),
    isKnownAbsent: (id) => absent.has(id),

    forget(id) {
      inFlightReads.forget(id);
      local?.forget(id);
      absent.forget(id);
    },

    forgetOwner(ownerId) {
      // Whose key is being read is not known before the answer.
      inFlightReads.forgetAll();
      local?.forgetOwner(ownerId);
    },

    forgetAll() {
      inFlightReads.forgetAll();
      local?.forgetAll();
      absent.forgetAll();
    },
  };
}

/**
 * No key disappears without the change that removes it, and versions never decrease, so this is not the state that the known changes were applied
 * to.
 */
function createBehindError(): ApiKeysError {
  const cause = new Error('The database lacks a change of this key that it had before');
  return new ApiKeysError('unavailable', { cause });
}
