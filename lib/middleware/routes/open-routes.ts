import { METHODS } from 'node:http';
import { InvalidOptionError } from '../../errors.js';
import type { RouteRow } from './route-row.js';

/** A route that needs no guard, as the app lists it: `/health`, or `GET /health` for one method. */
export interface OpenRoute {
  readonly text: string;
  readonly method: string | null;
  readonly path: string;
}

/** @throws InvalidOptionError for what is no list of paths */
export function parseOpenRoutes(what: string, input: unknown): readonly OpenRoute[] {
  if (input === undefined) return [];
  if (!Array.isArray(input)) throw createError(what);
  return input.map((text: unknown) => {
    const [, method, path] = /^(?:([A-Z-]+) )?(\S.*)$/.exec(typeof text === 'string' ? text : '') ?? [];
    if (path === undefined || (method !== undefined && !METHODS.includes(method))) throw createError(what);
    return { text: String(text), method: method ?? null, path };
  });
}

function createError(what: string): InvalidOptionError {
  return new InvalidOptionError(
    `${what}.open: takes a list of paths as the app has written them, for example ['/health', 'GET /docs/*']`,
  );
}

/**
 * Whether all requests for a route are listed as open. An entry with one method opens no route of several, and one whose path is not
 * known as a whole opens none if there is another one of that name.
 *
 * @param rows - all rows of the list
 */
export function isListedOpen(row: RouteRow, open: readonly OpenRoute[], rows: readonly RouteRow[]): boolean {
  if (!row.isPathKnown && rows.some((other) => other !== row && isSameName(other, row))) return false;
  const entries = open.filter(({ path }) => path === row.path);
  return (
    entries.some(({ method }) => method === null) ||
    row.methods.every((method) => entries.some((entry) => isFor(entry, method)))
  );
}

function isSameName(one: RouteRow, other: RouteRow): boolean {
  const isForBoth = one.methods.some((method) => method === '*' || other.methods.includes(method));
  return one.path === other.path && (isForBoth || other.methods.includes('*'));
}

/** HEAD is what GET is. */
function isFor({ method }: OpenRoute, of: string): boolean {
  return method === of || (method === 'GET' && of === 'HEAD');
}

/** Whether an entry names a route that is open because of it. */
export function isUsed({ method, path }: OpenRoute, rows: readonly RouteRow[]): boolean {
  return rows.some(
    (row) => row.state === 'open' && row.path === path && (method === null || row.methods.includes(method)),
  );
}
