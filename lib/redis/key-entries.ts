import type { VerifiableKey } from '../domain/api-key.js';
import { readCachedKey, writeCachedKey } from './cached-key.js';
import type { MacKey } from './mac-key.js';
import { maxEntryLifetimeMs } from './scripts.js';
import { maxEntryBytes, openEntry, schemaVersion, sealEntry } from './sealed-entry.js';

/** The entries that are read and written with one MAC key. */
export interface KeyEntries {
  /** The name of the Redis key. */
  nameOf(keyId: string): string;
  /** Writes an entry; it is usable until `usableUntil`, wall clock in milliseconds. */
  seal(key: VerifiableKey, usableUntil: number): string;
  /** The key of an entry that may be used at `now`, or `null`. */
  open(keyId: string, text: string, now: number): VerifiableKey | null;
  /** Whether an entry is authentic and holds a later version than this one. */
  isNewer(key: VerifiableKey, text: unknown): boolean;
}

/** Which ids have entries. Braces would move the hash tag. */
export function isCacheable(keyId: string): boolean {
  return /^[\w-]{1,128}$/.test(keyId);
}

/** Names, writes and reads the entries of one MAC key. */
export function createKeyEntries(keyPrefix: string, macKey: MacKey): KeyEntries {
  /** The braces are a hash tag: the entries of a key under all MAC keys are in one slot of a Cluster. */
  function nameOf(keyId: string): string {
    return `${keyPrefix}${schemaVersion}:${macKey.id}:{${keyId}}`;
  }

  return {
    nameOf,

    seal(key, usableUntil) {
      const { id, version } = key;
      const entry = sealEntry(nameOf(id), { version, usableUntil, content: writeCachedKey(key) }, macKey);
      // What is too large is not cached, but its version still takes the place of older ones.
      if (Buffer.byteLength(entry) <= maxEntryBytes) return entry;
      return sealEntry(nameOf(id), { version, usableUntil, content: '' }, macKey);
    },

    open(keyId, text, now) {
      const entry = openEntry(nameOf(keyId), text, macKey);
      if (entry === null) return null;
      const left = entry.usableUntil - now;
      // More than a lifetime is left only when the clock here or there is wrong.
      if (left <= 0 || left > maxEntryLifetimeMs) return null;
      const key = readCachedKey(entry.content);
      return key?.id === keyId && key.version === entry.version ? key : null;
    },

    isNewer(key, text) {
      const entry = typeof text === 'string' ? openEntry(nameOf(key.id), text, macKey) : null;
      return entry !== null && entry.version > key.version;
    },
  };
}
