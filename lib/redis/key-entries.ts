import type { CachedCopy } from '../ports/verification-cache.js';
import { readCachedKey, writeCachedKey } from './cached-key.js';
import type { MacKey } from './mac-key.js';
import { OpenedEntries } from './opened-entries.js';
import { maxEntryLifetimeMs } from './scripts.js';
import { maxEntryBytes, openEntry, schemaVersion, sealEntry } from './sealed-entry.js';

/** Names, writes and reads the cache entries of one MAC key. */
export interface KeyEntries {
  /** Returns the name of the Redis key. */
  formatName(keyId: string): string;
  /** Writes an entry that is usable until `usableUntil`, wall clock in milliseconds. */
  seal(copy: CachedCopy, usableUntil: number): string;
  /**
   * The copy in an entry that may be used at `now`, or `null`. The same string returns the same object again while
   * that is memoized.
   */
  open(keyId: string, value: string, now: number): CachedCopy | null;
  /** Drops what is memoized of a key. */
  forget(keyId: string): void;
}

/** Whether an id may have an entry. Braces would move the hash tag. */
export function isCacheable(keyId: string): boolean {
  return /^[\w-]{1,128}$/.test(keyId);
}

/** Creates the entries of one MAC key. */
export function createKeyEntries(keyPrefix: string, macKey: MacKey): KeyEntries {
  const opened = new OpenedEntries();
  const nameStart = `${keyPrefix}${schemaVersion}:${macKey.id}:{`;

  /** The braces are a hash tag: the entries of a key under all MAC keys are in one slot of a Cluster. */
  function formatName(keyId: string): string {
    return `${nameStart}${keyId}}`;
  }

  function openNew(keyId: string, value: string): ReturnType<OpenedEntries['get']> {
    const entry = openEntry(formatName(keyId), value, macKey);
    if (entry === null) return undefined;
    const key = readCachedKey(entry.content, entry.version);
    // An entry repeats its own id, so that one key's copy can never be used for another.
    if (key?.id !== keyId) return undefined;
    const found = { value, usableUntil: entry.usableUntil, copy: { key, asOf: entry.asOf } };
    opened.add(keyId, found);
    return found;
  }

  return {
    formatName,
    forget: (keyId) => opened.forget(keyId),

    seal({ key, asOf }, usableUntil) {
      const { id, version } = key;
      const content = writeCachedKey(key);
      const entry = sealEntry(formatName(id), { version, asOf, usableUntil, content }, macKey);
      // A record that is too large is not cached, but its version still replaces older ones.
      if (Buffer.byteLength(entry) <= maxEntryBytes) return entry;
      return sealEntry(formatName(id), { version, asOf, usableUntil, content: '' }, macKey);
    },

    open(keyId, value, now) {
      const found = opened.get(keyId, value) ?? openNew(keyId, value);
      if (found === undefined) return null;
      const left = found.usableUntil - now;
      // More than a lifetime can be left only when one of the two clocks is wrong.
      return left > 0 && left <= maxEntryLifetimeMs ? found.copy : null;
    },
  };
}
