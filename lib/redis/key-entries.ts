import type { CachedCopy } from '../ports/verification-cache.js';
import { readCachedKey, writeCachedKey } from './cached-key.js';
import type { MacKey } from './mac-key.js';
import { OpenedEntries } from './opened-entries.js';
import { maxEntryLifetimeMs } from './scripts.js';
import { maxEntryBytes, openEntry, schemaVersion, sealEntry } from './sealed-entry.js';

/** The entries that are read and written with one MAC key. */
export interface KeyEntries {
  /** The name of the Redis key. */
  nameOf(keyId: string): string;
  /** Writes an entry; it is usable until `usableUntil`, wall clock in milliseconds. */
  seal(copy: CachedCopy, usableUntil: number): string;
  /**
   * The copy in an entry that may be used at `now`, or `null`. The same text gives the same object again, as long as it
   * is remembered.
   */
  open(keyId: string, text: string, now: number): CachedCopy | null;
}

/** Which ids have entries. Braces would move the hash tag. */
export function isCacheable(keyId: string): boolean {
  return /^[\w-]{1,128}$/.test(keyId);
}

/** Names, writes and reads the entries of one MAC key. */
export function createKeyEntries(keyPrefix: string, macKey: MacKey): KeyEntries {
  const opened = new OpenedEntries();
  const nameStart = `${keyPrefix}${schemaVersion}:${macKey.id}:{`;

  /** The braces are a hash tag: the entries of a key under all MAC keys are in one slot of a Cluster. */
  function nameOf(keyId: string): string {
    return `${nameStart}${keyId}}`;
  }

  function openNew(keyId: string, text: string): ReturnType<OpenedEntries['get']> {
    const entry = openEntry(nameOf(keyId), text, macKey);
    if (entry === null) return undefined;
    const key = readCachedKey(entry.content, entry.version);
    // An entry repeats its own id, so that one key's copy can never answer for another.
    if (key?.id !== keyId) return undefined;
    const found = { text, usableUntil: entry.usableUntil, copy: { key, asOf: entry.asOf } };
    opened.remember(keyId, found);
    return found;
  }

  return {
    nameOf,

    seal({ key, asOf }, usableUntil) {
      const { id, version } = key;
      const content = writeCachedKey(key);
      const entry = sealEntry(nameOf(id), { version, asOf, usableUntil, content }, macKey);
      // What is too large is not cached, but its version still takes the place of older ones.
      if (Buffer.byteLength(entry) <= maxEntryBytes) return entry;
      return sealEntry(nameOf(id), { version, asOf, usableUntil, content: '' }, macKey);
    },

    open(keyId, text, now) {
      const found = opened.get(keyId, text) ?? openNew(keyId, text);
      if (found === undefined) return null;
      const left = found.usableUntil - now;
      // More than a lifetime is left only when the clock here or there is wrong.
      return left > 0 && left <= maxEntryLifetimeMs ? found.copy : null;
    },
  };
}
