import type { VerifiableKey } from '../domain/api-key.js';
import type { ScopeCatalogue } from '../domain/scope-catalogue.js';
import type { Clock } from '../ports/clock.js';
import type { KeyStore } from '../ports/key-store.js';
import type { VerificationCache } from '../ports/verification-cache.js';
import { FreshReads } from './fresh-reads.js';
import { PreparedKey } from './prepared-key.js';

/** Where verification looks keys up. Both methods reject when the store does not answer; an absent key is `null`. */
export interface KeyFinder {
  /** From the shared cache, else from the store. */
  find(id: string): Promise<PreparedKey | null>;
  /** From the store, with all that is stored of the credentials. */
  findInStore(id: string): Promise<PreparedKey | null>;
}

/** What looking keys up needs from outside. */
export interface FindKeyPorts {
  readonly store: Pick<KeyStore, 'find'>;
  readonly cache: VerificationCache | null;
  readonly clock: Clock;
  readonly catalogue: ScopeCatalogue;
}

/** Looks a key up: at most one read of the cache and one of the store, shared by simultaneous callers. */
export function createKeyFinder(ports: FindKeyPorts): KeyFinder {
  const { store, cache, clock, catalogue } = ports;

  async function readStore(id: string): Promise<PreparedKey | null> {
    const readStartedAt = clock.now();
    const key = await store.find(id);
    if (key === null) return null;
    cache?.fill(key, readStartedAt);
    return new PreparedKey(key, catalogue);
  }

  async function readThrough(id: string): Promise<PreparedKey | null> {
    const cached = cache === null ? null : await cache.get(id);
    if (cached !== null && isFor(cached, id)) return new PreparedKey(cached, catalogue);
    return readStore(id);
  }

  const reads = new FreshReads(readThrough);
  const storeReads = new FreshReads(readStore);
  return {
    find: (id) => reads.get(id),
    findInStore: (id) => storeReads.get(id),
  };
}

/** A copy repeats its own id, so that one key's copy can never answer for another. */
function isFor(key: VerifiableKey, id: string): boolean {
  return key.id === id;
}
