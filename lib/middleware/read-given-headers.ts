import type { IncomingHttpHeaders } from 'node:http';
import { InvalidOptionError } from '../errors.js';

/** Headers as Node has them. */
export interface NodeHeaders {
  /** By names in lower case. */
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn, a repeated header several times; empty where the platform has no such lines. */
  readonly rawHeaders: string[];
  /** The values of each header, as far as they are apart, by names in lower case. */
  readonly headersDistinct: NodeJS.Dict<string[]>;
}

/**
 * Reads the headers of a request in any of the forms that platforms have.
 *
 * @param what - the function that takes them, for messages
 * @throws InvalidOptionError for what is none of these forms: a request whose headers cannot be read has not been verified
 */
export function readGivenHeaders(what: string, given: unknown, rawHeaders: unknown): NodeHeaders {
  if (typeof given !== 'object' || given === null) throw createHeadersError(what);
  const lines = listLines(what, given);
  const headersDistinct = groupLines(lines);
  const headers = Object.create(null) as IncomingHttpHeaders;
  // As Node does it, the first line of a header counts; that there are others is seen beside.
  for (const [name, values = []] of Object.entries(headersDistinct)) headers[name] = values[0];
  return { headers, headersDistinct, rawHeaders: listRawLines(what, given, rawHeaders, lines) };
}

/** Objects and the `Headers` of fetch are no raw lines: two lines were perhaps joined into one value. */
function listRawLines(what: string, given: object, rawHeaders: unknown, lines: string[]): string[] {
  if (Array.isArray(rawHeaders) && rawHeaders.length > 0) return listLines(what, rawHeaders);
  return Array.isArray(given) ? lines : [];
}

function listLines(what: string, given: object): string[] {
  if (!isIterable(given))
    return Object.entries(given).flatMap(([name, value]) => listValues(what, name, value));
  const items = [...given];
  if (items.length % 2 === 0 && items.every((item) => typeof item === 'string')) return items;
  return items.flatMap((item) => {
    if (Array.isArray(item) && item.length === 2) return listValues(what, item[0], item[1]);
    throw createHeadersError(what);
  });
}

function listValues(what: string, name: unknown, value: unknown): string[] {
  if (value === undefined) return [];
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return values.flatMap((each) => {
    if (typeof name === 'string' && (typeof each === 'string' || typeof each === 'number')) {
      return [name, String(each)];
    }
    throw createHeadersError(what);
  });
}

function groupLines(lines: readonly string[]): NodeJS.Dict<string[]> {
  const groups = Object.create(null) as NodeJS.Dict<string[]>;
  for (let index = 0; index < lines.length; index += 2) {
    (groups[(lines[index] ?? '').toLowerCase()] ??= []).push(lines[index + 1] ?? '');
  }
  return groups;
}

function isIterable(value: object): value is Iterable<unknown> {
  return Symbol.iterator in value;
}

function createHeadersError(what: string): InvalidOptionError {
  return new InvalidOptionError(
    `${what}: headers takes the Headers of fetch, the headers or rawHeaders of Node, or pairs of names and values`,
  );
}
