import { timingSafeEqual } from 'node:crypto';
import type { MacKey } from './mac-key.js';

/** Which shape the content has; part of the Redis key and of the MAC. Grows with every change of shape. */
export const schemaVersion = 'v2';
/** Largest entry, in bytes. */
export const maxEntryBytes = 65_536;

/** What one Redis value holds. */
export interface Entry {
  /** Version of the record. */
  readonly version: number;
  /** Number of the feed up to which the record is complete. */
  readonly asOf: number;
  /** Wall clock in milliseconds. */
  readonly usableUntil: number;
  /** The record, or empty where only the version is held. */
  readonly content: string;
}

const macLength = 43;

/**
 * Writes an entry, `mac.version.asOf.usableUntil.content`; scripts read the first numbers by their place. Its MAC covers
 * the name of the Redis key, so that no entry can be copied to another key, and all of the entry: who can write to Redis
 * cannot make a record (CVE-2024-31989).
 */
export function sealEntry(name: string, entry: Entry, macKey: MacKey): string {
  const body = `${entry.version}.${entry.asOf}.${entry.usableUntil}.${entry.content}`;
  return `${macOf(name, body, macKey)}.${body}`;
}

/** Reads an entry; `null` when it was not written for this Redis key by a process that knows the MAC key. */
export function openEntry(name: string, text: string, macKey: MacKey): Entry | null {
  if (text.charCodeAt(macLength) !== dot) return null;
  const body = text.slice(macLength + 1);
  if (!isSameMac(text, macOf(name, body, macKey))) return null;
  // From here on it is what one of our processes wrote, so nothing is left to guard against but our own mistakes.
  const asOfAt = body.indexOf('.') + 1;
  const untilAt = body.indexOf('.', asOfAt) + 1;
  const contentAt = body.indexOf('.', untilAt) + 1;
  const version = Number(body.slice(0, asOfAt - 1));
  const asOf = Number(body.slice(asOfAt, untilAt - 1));
  const usableUntil = Number(body.slice(untilAt, contentAt - 1));
  const areNumbers =
    Number.isSafeInteger(version) && Number.isSafeInteger(asOf) && Number.isSafeInteger(usableUntil);
  return areNumbers ? { version, asOf, usableUntil, content: body.slice(contentAt) } : null;
}

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
