import type { CursorSigner } from '../ports/cursor-signer.js';
import { toListBinding, openCursor, signCursor } from './list-cursor.js';

/** The maximum number of rows that are looked at for one page, however few of them match its filter. */
export const maxRowsPerPage = 1_000;

/** One page of a list, newest first. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Pass it as `cursor` for the next page; `null` on the last one. */
  readonly nextCursor: string | null;
}

/** Where an item stands in its list: what the items behind it are found by. */
export type ListPosition = readonly (string | number)[];

/** Which page of which list. */
export interface PageRequest<T> {
  /** What the list is called; a cursor of another list is refused. */
  readonly list: string;
  /** Whose list it is and with which conditions; a cursor that was made with others is refused. */
  readonly conditions: object;
  readonly cursor: string | undefined;
  readonly limit: number;
  /** Finds where to stop reading for this page; `null`: the rest of the list is short enough to be read. */
  readonly findEnd: (after: ListPosition | null) => Promise<ListPosition | null>;
  /** Reads so many items behind a position (`null` is the beginning), up to the end that was found. */
  readonly read: (
    after: ListPosition | null,
    limit: number,
    end: ListPosition | null,
  ) => Promise<readonly T[]>;
  readonly positionOf: (item: T) => ListPosition;
}

/**
 * Reads one page. One item more is asked for, to know whether there is another page. A page that ends where reading had to
 * stop may have few items or none; its cursor goes on from there.
 *
 * @throws ApiKeysError `invalid_request` when the cursor was not made for this list
 */
export async function readPage<T>(signer: CursorSigner, request: PageRequest<T>): Promise<Page<T>> {
  const { list, conditions, cursor, limit, read, positionOf, findEnd } = request;
  const binding = toListBinding(list, conditions);
  const after = openCursor(signer, cursor, binding);
  const end = await findEnd(after);
  const found = await read(after, limit + 1, end);
  const items = found.slice(0, limit);
  const last = items.at(-1);
  const goOnFrom = found.length > limit && last !== undefined ? positionOf(last) : end;
  return { items, nextCursor: goOnFrom === null ? null : signCursor(signer, goOnFrom, binding) };
}

/** A page of a list in which there is nothing to see. */
export const emptyPage: Page<never> = { items: [], nextCursor: null };
