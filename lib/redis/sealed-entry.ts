import { timingSafeEqual } from 'node:crypto';
import type { FeedPosition } from '../ports/change-feed.js';
import type { MacKey } from './mac-key.js';

/** Which shape the content has; part of the Redis key and of the MAC. Grows with every change of shape. */
export const schemaVersion = 'v5';
/** Largest entry, in bytes. */
export const maxEntryBytes = 65_536;
/** How much of a chain hash an entry holds: 64 bits tell timelines apart, and the MAC keeps others from choosing them. */
const hashLength = 16;

/** What one Redis value holds. */
export interface Entry {
  /** Version of the record. */
  readonly version: number;
  /** Up to where in the feed the record is complete; of the hash only the first `hashLength` characters are kept. */
  readonly asOf: FeedPosition;
  /** Wall clock in milliseconds. */
  readonly usableUntil: number;
  /** The record, or empty where only the version is held. */
  readonly content: string;
}

const macLength = 43;

/**
 * Writes an entry, `mac.version.sequence.hash.usableUntil.content`; scripts read the first numbers by their place. Its
 * MAC covers the name of the Redis key, so that no entry can be copied to another key, and all of the entry: who can
 * write to Redis cannot make a record (CVE-2024-31989), nor move one to another place of the feed.
 */
export function sealEntry(name: string, entry: Entry, macKey: MacKey): string {
  const { version, asOf, usableUntil, content } = entry;
  const body = `${version}.${asOf.sequence}.${asOf.hash.slice(0, hashLength)}.${usableUntil}.${content}`;
  return `${macOf(name, body, macKey)}.${body}`;
}

/** Reads an entry; `null` when it was not written for this Redis key by a process that knows the MAC key. */
export function openEntry(name: string, text: string, macKey: MacKey): Entry | null {
  if (text.charCodeAt(macLength) !== dot) return null;
  const body = text.slice(macLength + 1);
  if (!isSameMac(text, macOf(name, body, macKey))) return null;
  // From here on it is what one of our processes wrote, so nothing is left to guard against but our own mistakes.
  const sequenceAt = body.indexOf('.') + 1;
  const hashAt = body.indexOf('.', sequenceAt) + 1;
  const untilAt = body.indexOf('.', hashAt) + 1;
  const contentAt = body.indexOf('.', untilAt) + 1;
  const version = Number(body.slice(0, sequenceAt - 1));
  const sequence = Number(body.slice(sequenceAt, hashAt - 1));
  const hash = body.slice(hashAt, untilAt - 1);
  const usableUntil = Number(body.slice(untilAt, contentAt - 1));
  const areNumbers =
    Number.isSafeInteger(version) && Number.isSafeInteger(sequence) && Number.isSafeInteger(usableUntil);
  // A shorter hash would be the beginning of too many.
  if (!areNumbers || !shortHash.test(hash)) return null;
  return { version, asOf: { sequence, hash }, usableUntil, content: body.slice(contentAt) };
}

const shortHash = /^[0-9a-f]{16}$/;

const dot = 46;
const given = Buffer.alloc(macLength);
const expected = Buffer.alloc(macLength);

/**
 * Compares the MAC that a text begins with, in constant time. Texts are compared, so another spelling of the same bits is
 * another MAC (RFC 4648 section 3.5).
 */
function isSameMac(text: string, mac: string): boolean {
  // A character above 255 must not be taken for the one that its low byte stands for.
  if (given.write(text.slice(0, macLength), 'utf8') !== macLength) return false;
  expected.write(mac, 'latin1');
  return timingSafeEqual(given, expected);
}

/** Names hold no NUL. */
function macOf(name: string, body: string, macKey: MacKey): string {
  return macKey.sign(`${name}\0${schemaVersion}\0${body}`);
}
