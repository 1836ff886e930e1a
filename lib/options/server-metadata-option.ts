import type { JsonObject, JsonValue } from '../domain/json.js';
import { InvalidOptionError } from '../errors.js';
import { ownMetadataMembers } from '../tokens/server-metadata.js';
import { isPlainObject } from './is-plain-object.js';

/** Names as RFC 8414 registers them; behind `#` a language (RFC 7591 section 2.2). */
const namePattern = /^([a-z][a-z0-9_]{0,99})(?:#[A-Za-z0-9-]{1,35})?$/;
const maxLength = 16_384;

/**
 * Reads further members of the authorization server metadata.
 *
 * @throws InvalidOptionError for a member that this package sets, and for values that clients could not use
 */
export function readServerMetadata(value: unknown, path: string): JsonObject {
  if (!isPlainObject(value)) {
    throw new InvalidOptionError(
      `${path}: takes an object of metadata members (RFC 8414 section 2), for example ` +
        "{ service_documentation: 'https://acme.example/docs' }",
    );
  }
  for (const [name, member] of Object.entries(value)) checkMember(name, member, `${path}.${name}`);
  if (JSON.stringify(value).length > maxLength) {
    throw new InvalidOptionError(`${path}: takes at most ${maxLength} characters as JSON`);
  }
  return value as JsonObject;
}

function checkMember(name: string, value: unknown, path: string): void {
  const [, plainName] = namePattern.exec(name) ?? [];
  if (plainName === undefined) {
    throw new InvalidOptionError(`${path}: names are lower-case words joined by '_', as in RFC 8414`);
  }
  if (ownMetadataMembers.has(plainName)) {
    throw new InvalidOptionError(`${path}: is set by this package and cannot be replaced; leave it out`);
  }
  if (!isJson(value)) throw new InvalidOptionError(`${path}: takes a value that JSON can carry`);
  if (isUrlMember(plainName) && !isWebUrl(value)) {
    throw new InvalidOptionError(`${path}: takes an absolute URL, for example 'https://acme.example/docs'`);
  }
  if (plainName.endsWith('_supported') && typeof value !== 'boolean' && !isListOfStrings(value)) {
    throw new InvalidOptionError(`${path}: takes a list of strings, or true or false`);
  }
}

function isUrlMember(name: string): boolean {
  return name.endsWith('_uri') || name.endsWith('_endpoint') || name === 'service_documentation';
}

function isWebUrl(value: unknown): boolean {
  return typeof value === 'string' && /^https?:\/\//.test(value) && URL.canParse(value);
}

function isListOfStrings(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

function isJson(value: unknown): value is JsonValue {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (Array.isArray(value)) return value.every(isJson);
  return isPlainObject(value) && Object.values(value).every(isJson);
}
