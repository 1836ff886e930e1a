import { ApiKeysError } from '../errors.js';

/** Parameters by name; lists are arrays. The record has no prototype: `__proto__` is a name like any other. */
export type SentParameters = Readonly<Record<string, string | readonly string[]>>;

const maxParameters = 100;
const listName = /^([^]+)\[(|0|[1-9]\d{0,2})\]$/;

type Style = 'repeated' | 'brackets' | 'indexed';

interface CollectedValues {
  readonly style: Style;
  /** By index; only indexed parameters choose it. */
  readonly values: Map<number, string>;
}

/**
 * Parses an `application/x-www-form-urlencoded` string, in which clients write lists in three ways: by repeating the name,
 * `name[]=`, or `name[0]=`. A list must use one of them; other brackets are ordinary characters.
 *
 * @param where - the field that errors name: `?` for a query
 * @throws ApiKeysError `invalid_request` for malformed percent-encoding, NUL, or too much
 */
export function parseParameters(text: string, where: string): SentParameters {
  const refuse = (message: string): never => {
    throw new ApiKeysError('invalid_request', { errors: [{ field: where, message }] });
  };
  const pieces = text.split('&', maxParameters + 1);
  if (pieces.length > maxParameters) refuse(`must have at most ${maxParameters} parameters`);
  const collected = new Map<string, CollectedValues>();
  for (const piece of pieces.filter((candidate) => candidate !== '')) {
    const equals = piece.indexOf('=');
    const written = tryDecode(equals === -1 ? piece : piece.slice(0, equals));
    const value = equals === -1 ? '' : tryDecode(piece.slice(equals + 1));
    if (written === null || value === null) return refuse('must be percent-encoded UTF-8');
    if (written.includes('\0') || value.includes('\0')) refuse('must not hold NUL');
    const { name, style, index } = parseName(written);
    const list = collected.get(name) ?? { style, values: new Map<number, string>() };
    collected.set(name, list);
    const place = index ?? list.values.size;
    if (list.style !== style || list.values.has(place)) refuse('must write each list in one way');
    list.values.set(place, value);
  }
  return toRecord(collected);
}

function parseName(written: string): { name: string; style: Style; index?: number } {
  const [, name, index] = listName.exec(written) ?? [];
  if (name === undefined) return { name: written, style: 'repeated' };
  return index === '' ? { name, style: 'brackets' } : { name, style: 'indexed', index: Number(index) };
}

function toRecord(collected: ReadonlyMap<string, CollectedValues>): SentParameters {
  const record = Object.create(null) as Record<string, string | readonly string[]>;
  for (const [name, { style, values }] of collected) {
    const inOrder = [...values].sort(([a], [b]) => a - b).map(([, value]) => value);
    const [only = ''] = inOrder;
    record[name] = style === 'repeated' && inOrder.length === 1 ? only : inOrder;
  }
  return record;
}

/** Decodes strictly, because URLSearchParams silently replaces invalid percent-encoded UTF-8. */
function tryDecode(text: string): string | null {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return null;
  }
}
