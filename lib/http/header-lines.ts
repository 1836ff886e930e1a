import type { IncomingMessage } from 'node:http';
import { listEventLines } from './event-lines.js';
import { isHeaderName } from './is-header-name.js';

/** The headers of a request, also of one that no socket has received: such have no raw lines, or an empty list. */
export interface RequestHeaders {
  readonly headers: IncomingMessage['headers'];
  readonly rawHeaders?: readonly string[] | undefined;
  readonly headersDistinct?: IncomingMessage['headersDistinct'] | undefined;
}

const none: readonly string[] = [];

/**
 * The lines of one header. `headers` decides, because the app's own middleware may have changed it: a header that was deleted is
 * gone, one that was set is read. The raw lines only show whether it was sent more than once, since Node keeps the first of two
 * `Authorization` lines and joins others; a repeated header stays repeated, whatever was set afterwards.
 *
 * @param name - in lower case
 */
export function listHeaderLines(req: RequestHeaders, name: string): readonly string[] {
  const lines = readHeaderLines(req, name);
  if (lines === undefined) return none;
  return typeof lines === 'string' ? [lines] : lines;
}

/**
 * The same without a list where there is one line, for what reads a header of each request: that line, `undefined` for none.
 *
 * @param name - in lower case
 */
export function readHeaderLines(req: RequestHeaders, name: string): string | readonly string[] | undefined {
  const { headers } = req;
  // Own members only: `constructor` is no header, and neither is what was written to Object.prototype.
  const value: unknown = Object.hasOwn(headers, name) ? headers[name] : undefined;
  if (value === undefined || value === null) return undefined;
  const repeated = findRepeatedLines(req, name);
  if (repeated !== null) return repeated;
  return Array.isArray(value) ? value.map(toLine) : toLine(value);
}

/**
 * Whether a request has raw lines. Platforms and tests make requests without them, in which two lines were perhaps joined into
 * one value.
 */
export function hasRawLines({ rawHeaders }: Pick<RequestHeaders, 'rawHeaders'>): boolean {
  return rawHeaders !== undefined && rawHeaders !== null && rawHeaders.length > 0;
}

/** Some adapters set `Content-Length` to a number. Nothing else counts as what it would be converted to. */
function toLine(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? String(value) : '';
}

function findRepeatedLines(req: RequestHeaders, name: string): readonly string[] | null {
  if (hasRawLines(req)) return findRepeatedRawLines(req.rawHeaders ?? none, name);
  const { headersDistinct } = req;
  const isDistinct = headersDistinct !== undefined && Object.hasOwn(headersDistinct, name);
  const lines = (isDistinct ? headersDistinct[name] : undefined) ?? listEventLines(req, name);
  return lines.length > 1 ? lines.map(toLine) : null;
}

function findRepeatedRawLines(rawHeaders: readonly string[], name: string): readonly string[] | null {
  let isFound = false;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (!isHeaderName(rawHeaders[index] ?? '', name)) continue;
    if (isFound) return listRawLines(rawHeaders, name);
    isFound = true;
  }
  return null;
}

function listRawLines(rawHeaders: readonly string[], name: string): readonly string[] {
  return rawHeaders
    .filter((_, index) => index % 2 === 1 && isHeaderName(rawHeaders[index - 1] ?? '', name))
    .map(toLine);
}
