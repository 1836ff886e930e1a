import { hasDuplicateNames } from '../http/duplicate-names.js';
import { findJsonShapeProblem } from '../http/json-shape-problem.js';
import { BodyError } from './body-error.js';
import { stripTrailingCommas } from './strip-trailing-commas.js';

/** A JSON object; no object in it has a prototype. */
export type JsonRecord = Readonly<Record<string, unknown>>;

/**
 * Parses a JSON object.
 *
 * @param isTolerant - whether one comma may stand before a closing bracket
 * @throws BodyError
 */
export function parseJsonObject(text: string, isTolerant: boolean): JsonRecord {
  let json = text;
  let value = tryParse(json);
  if (value === undefined && isTolerant) {
    json = stripTrailingCommas(text);
    value = tryParse(json);
  }
  if (value === undefined) throw new BodyError('not_json', 'must be valid JSON');
  const record = toJsonRecord(value);
  if (hasDuplicateNames(json)) throw new BodyError('not_acceptable', 'must not name a member twice');
  return record;
}

/**
 * Checks a JSON value that must be an object.
 *
 * @throws BodyError `not_an_object` or `not_acceptable`
 */
export function toJsonRecord(value: unknown): JsonRecord {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new BodyError('not_an_object', 'must be a JSON object');
  }
  const problem = findJsonShapeProblem(value);
  if (problem !== null) throw new BodyError('not_acceptable', problem);
  return stripPrototypes(value) as JsonRecord;
}

/** JSON has no `undefined`. */
function tryParse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** So that `constructor` and `__proto__` are members only where they were sent. The depth was checked before. */
function stripPrototypes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(stripPrototypes);
  if (typeof value !== 'object' || value === null) return value;
  const record = Object.create(null) as Record<string, unknown>;
  for (const [name, member] of Object.entries(value)) record[name] = stripPrototypes(member);
  return record;
}
