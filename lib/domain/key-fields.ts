import { maxAllowlistEntries, parseAllowlistEntry } from './address.js';
import type { JsonObject, JsonValue } from './json.js';
import { maxScopesPerKey } from './scope.js';
import type { ScopeCatalogue } from './scope-catalogue.js';

/** Maximum length of a name, in code points. */
export const maxNameLength = 100;
/** Maximum length of a description, in code points. */
export const maxDescriptionLength = 500;
/** Maximum length of an owner id, in code points. */
export const maxOwnerIdLength = 200;
/** Maximum size of metadata, in bytes of JSON. */
export const maxMetadataBytes = 4096;
/** Maximum depth of metadata; the object itself is level 1. */
export const maxMetadataDepth = 5;
/** Maximum grace period of a rotation: 30 days, in seconds. */
export const maxGracePeriodSeconds: number = 30 * 24 * 60 * 60;

/** The year 10000: RFC 3339 writes years with four digits. */
const endOfTime = Date.UTC(10000, 0, 1);

/**
 * C0, C1, bidi controls, zero-width characters and lone surrogates: all of them are invisible and misleading. Written as
 * the inside of a character class.
 */
export const hiddenCharacters =
  '\\u0000-\\u001f\\u007f-\\u009f\\u061c\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\p{Surrogate}';
const hiddenCharacter = new RegExp(`[${hiddenCharacters}]`, 'u');
const loneSurrogate = /\p{Surrogate}/u;

/** The value of a field is not accepted; the message says what to write instead and never contains the value. */
export class InvalidFieldError extends TypeError {}

function fail(message: string): never {
  throw new InvalidFieldError(message);
}

/** Parses a display name: one line, not blank. */
export function parseName(value: unknown): string {
  return parseLine(value, maxNameLength);
}

/** Parses the app's own id of the key's owner; opaque to this package. */
export function parseOwnerId(value: unknown): string {
  return parseLine(value, maxOwnerIdLength);
}

/**
 * Parses the id of an owner who may be new. In a path, `.` and `..` are no names, not even encoded: clients resolve them, so nobody
 * could read, suspend or erase that owner over HTTP.
 */
export function parseNewOwnerId(value: unknown): string {
  const ownerId = parseOwnerId(value);
  if (ownerId === '.' || ownerId === '..') fail('must not be "." or "..", which cannot stand in a URL');
  return ownerId;
}

/** Parses a string of one line that is not blank and contains no invisible characters. */
export function parseLine(value: unknown, maxLength: number): string {
  if (typeof value !== 'string') fail('must be a string');
  if (value.trim() === '') fail('must not be blank');
  if (value.length > 2 * maxLength || [...value].length > maxLength) {
    fail(`must have at most ${maxLength} characters`);
  }
  if (hiddenCharacter.test(value)) {
    fail('must not contain control, bidirectional or zero-width characters');
  }
  return value;
}

/** Parses a description, line breaks allowed; `null` for none. */
export function parseDescription(value: unknown): string | null {
  if (value === null) return null;
  if (typeof value !== 'string') fail('must be a string or null');
  if (value.length > 2 * maxDescriptionLength || [...value].length > maxDescriptionLength) {
    fail(`must have at most ${maxDescriptionLength} characters`);
  }
  if (hiddenCharacter.test(value.replaceAll('\n', ''))) {
    fail('must not contain control (except line breaks), bidirectional or zero-width characters');
  }
  return value;
}

/** Parses the scopes of a key. `[]` is a key without any scope; it never means all. */
export function parseScopes(value: unknown, catalogue: ScopeCatalogue): readonly string[] {
  if (!Array.isArray(value)) fail('must be a list of scopes');
  if (value.length > maxScopesPerKey) fail(`must contain at most ${maxScopesPerKey} scopes`);
  const scopes = Array.from(value, (scope: unknown) => {
    if (typeof scope !== 'string' || !catalogue.isGrantable(scope)) {
      fail(`must contain only known scopes: ${catalogue.names.join(', ')}`);
    }
    return scope;
  });
  if (new Set(scopes).size < scopes.length) fail('must not name a scope twice');
  return scopes;
}

const rfc3339 =
  /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i;

/**
 * Parses a time to compare with: an RFC 3339 string with offset, or a `Date` in code.
 *
 * @returns epoch milliseconds
 */
export function parseMoment(value: unknown): number {
  const time = value instanceof Date ? value.getTime() : parseTime(value, '');
  return Number.isNaN(time) || time >= endOfTime ? fail('must be a time before the year 10000') : time;
}

/**
 * Parses when a key expires: an RFC 3339 string with offset, or a `Date` in code; `null` for never.
 *
 * @returns epoch milliseconds
 */
export function parseExpiresAt(value: unknown, now: number): number | null {
  if (value === null) return null;
  const time = value instanceof Date ? value.getTime() : parseTime(value, ', or null');
  if (Number.isNaN(time) || time >= endOfTime) fail('must be a time before the year 10000');
  if (time <= now) fail('must be in the future');
  return time;
}

function parseTime(value: unknown, orElse: string): number {
  const parts = typeof value === 'string' ? rfc3339.exec(value) : null;
  if (parts === null) fail(`must be a time such as 2027-01-31T12:00:00Z (RFC 3339)${orElse}`);
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number) as number[];
  const date = new Date(Date.UTC(year!, month! - 1, day, hour, minute, second));
  // Date.UTC rolls 30 February over into March; a date that does not round-trip does not exist.
  const written = `${parts[1]}-${parts[2]}-${parts[3]}T${parts[4]}:${parts[5]}:${parts[6]}`;
  if (date.toISOString().slice(0, 19) !== written) fail('must be a date that exists');
  return Date.parse(parts[0].toUpperCase());
}

/** Parses the addresses a key may be used from; `null` for any. An empty list is rejected because it is ambiguous. */
export function parseIpAllowlist(value: unknown): readonly string[] | null {
  if (value === null) return null;
  if (!Array.isArray(value)) fail('must be a list of addresses and networks, or null for any');
  if (value.length === 0) fail('must name at least one address; use null for any');
  if (value.length > maxAllowlistEntries) fail(`must contain at most ${maxAllowlistEntries} entries`);
  const entries = Array.from(value, (entry: unknown, index) => {
    try {
      return parseAllowlistEntry(entry);
    } catch (error) {
      return fail(`entry ${index + 1} ${error instanceof TypeError ? error.message : 'is invalid'}`);
    }
  });
  return [...new Set(entries)];
}

/** Parses free-form data of the app: a JSON object with limits on size and depth. */
export function parseMetadata(value: unknown): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    fail('must be a JSON object');
  }
  const copy = copyJson(value, 1) as JsonObject;
  if (Buffer.byteLength(JSON.stringify(copy)) > maxMetadataBytes) {
    fail(`must have at most ${maxMetadataBytes} bytes as JSON`);
  }
  return copy;
}

/** Copies field by field, so that the copy contains nothing inherited, shared or modified later. */
function copyJson(value: unknown, depth: number): JsonValue {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'number') {
    return Number.isFinite(value) ? value : fail('must contain only finite numbers');
  }
  if (typeof value === 'string') return copyText(value);
  if (typeof value !== 'object') return fail('must contain only JSON values');
  if (depth > maxMetadataDepth) fail(`must be at most ${maxMetadataDepth} levels deep`);
  if (Array.isArray(value)) return Array.from(value, (item: unknown) => copyJson(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => {
      if (name === '__proto__' || name === 'constructor' || name === 'prototype') {
        fail('must not use the names __proto__, constructor or prototype');
      }
      return [copyText(name), copyJson(item, depth + 1)];
    }),
  );
}

function copyText(text: string): string {
  if (text.includes('\0') || loneSurrogate.test(text)) {
    fail('must not contain NUL or unpaired surrogates');
  }
  return text;
}

/** Parses how long an old secret stays valid after a rotation, in whole seconds; 0 ends it immediately. */
export function parseGracePeriodSeconds(value: unknown): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) {
    fail('must be a whole number of seconds, 0 or more');
  }
  if (value > maxGracePeriodSeconds) fail(`must be at most ${maxGracePeriodSeconds} (30 days)`);
  return value;
}

/** Parses whether the key can be used. */
export function parseEnabled(value: unknown): boolean {
  return typeof value === 'boolean' ? value : fail('must be true or false');
}

/** Parses which of the configured environments a key belongs to. */
export function parseEnvironment(value: unknown, environments: readonly string[]): string {
  if (typeof value !== 'string' || !environments.includes(value)) {
    fail(`must be one of ${environments.join(', ')}`);
  }
  return value;
}
