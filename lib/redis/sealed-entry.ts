import { timingSafeEqual } from 'node:crypto';
import type { FeedPosition } from '../ports/change-feed.js';
import type { MacKey } from './mac-key.js';

/**
 * The version of the content's format; part of the Redis key and of the MAC. It increases with every change of the
 * format.
 */
export const schemaVersion = 'v10';
/** The maximum size of an entry, in bytes. */
export const maxEntryBytes = 65_536;
/**
 * How many characters of a chain hash an entry contains: 64 bits tell timelines apart, and the MAC keeps attackers
 * from choosing them.
 */
const hashLength = 16;

/** The content of one Redis value. */
export interface Entry {
  /** The version of the record. */
  readonly version: number;
  /**
   * The position of the feed up to which the record is complete; only the first `hashLength` characters of the hash
   * are kept.
   */
  readonly asOf: FeedPosition;
  /** Wall clock in milliseconds. */
  readonly usableUntil: number;
  /** The record, or empty where only the version is stored. */
  readonly content: string;
}

const macLength = 43;

/**
 * Writes an entry, `mac.version.sequence.hash.usableUntil.content`; scripts read the first numbers by their position.
 * Its MAC covers the name of the Redis key, so that no entry can be copied to another key, and all of the entry: an
 * attacker who can write to Redis cannot make a record (CVE-2024-31989), nor move one to another position of the
 * feed.
 */
export function sealEntry(name: string, entry: Entry, macKey: MacKey): string {
  const { version, asOf, usableUntil, content } = entry;
  const body = `${version}.${asOf.sequence}.${asOf.hash.slice(0, hashLength)}.${usableUntil}.${content}`;
  return `${computeMac(name, body, macKey)}.${body}`;
}

/** Reads an entry; `null` when it was not written for this Redis key by a process that knows the MAC key. */
export function openEntry(name: string, value: string, macKey: MacKey): Entry | null {
  if (value.charCodeAt(macLength) !== dot) return null;
  const body = value.slice(macLength + 1);
  if (!isSameMac(value, computeMac(name, body, macKey))) return null;
  // From here on the content was written by one of our processes, so the checks guard only against our own mistakes.
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
  // A shorter hash would be the prefix of too many.
  if (!areNumbers || !shortHash.test(hash)) return null;
  return { version, asOf: { sequence, hash }, usableUntil, content: body.slice(contentAt) };
}

const shortHash = /^[0-9a-f]{16}$/;

const dot = 46;
const given = Buffer.alloc(macLength);
const expected = Buffer.alloc(macLength);

/**
 * Compares the MAC at the beginning of a string, in constant time. Strings are compared, so another encoding of the
 * same bits is another MAC (RFC 4648 section 3.5).
 */
function isSameMac(value: string, mac: string): boolean {
  // A character above 255 must not be mistaken for the one that its low byte encodes.
  if (given.write(value.slice(0, macLength), 'utf8') !== macLength) return false;
  expected.write(mac, 'latin1');
  return timingSafeEqual(given, expected);
}

/** Names contain no NUL. */
function computeMac(name: string, body: string, macKey: MacKey): string {
  return macKey.sign(`${name}\0${schemaVersion}\0${body}`);
}
