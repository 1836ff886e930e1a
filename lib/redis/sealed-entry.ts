import { createHmac, timingSafeEqual } from 'node:crypto';
import type { MacKey } from './mac-key.js';

/** Which shape the content has; part of the Redis key and of the MAC. Grows with every change of shape. */
export const schemaVersion = 'v1';
/** Largest entry, in bytes. */
export const maxEntryBytes = 65_536;

/** What one Redis value holds. */
export interface Entry {
  /** Version of the record. */
  readonly version: number;
  /** Wall clock in milliseconds. */
  readonly usableUntil: number;
  /** The record, or empty where only the version is held. */
  readonly content: string;
}

/** `mac.version.usableUntil.content`; scripts read the version by its place. */
const entryPattern = /^([\w-]{43})\.((\d{1,16})\.(\d{1,16})\.(.*))$/s;

/**
 * Writes an entry. Its MAC covers the name of the Redis key, so that no entry can be copied to another key, and all of
 * the entry: who can write to Redis cannot make a record (CVE-2024-31989).
 */
export function sealEntry(name: string, entry: Entry, macKey: MacKey): string {
  const body = `${entry.version}.${entry.usableUntil}.${entry.content}`;
  return `${macOf(name, body, macKey)}.${body}`;
}

/** Reads an entry; `null` when it was not written for this Redis key by a process that knows the MAC key. */
export function openEntry(name: string, text: string, macKey: MacKey): Entry | null {
  const [, mac, body, version, usableUntil, content] = entryPattern.exec(text) ?? [];
  if (mac === undefined || body === undefined || content === undefined) return null;
  // Texts are compared, so another spelling of the same bits is another MAC (RFC 4648 section 3.5).
  if (!timingSafeEqual(Buffer.from(mac), Buffer.from(macOf(name, body, macKey)))) return null;
  return { version: Number(version), usableUntil: Number(usableUntil), content };
}

/** Names hold no NUL. */
function macOf(name: string, body: string, macKey: MacKey): string {
  return createHmac('sha256', macKey.key).update(`${name}\0${schemaVersion}\0${body}`).digest('base64url');
}
