import type { CursorSigner } from '../ports/cursor-signer.js';
import { bindingOf, openCursor, signCursor } from './list-cursor.js';

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
  readonly conditions: Readonly<Record<string, unknown>>;
  readonly cursor: string | undefined;
  readonly limit: number;
  /** Reads so many items behind a position; `null` is the beginning. */
  readonly read: (after: ListPosition | null, limit: number) => Promise<readonly T[]>;
  readonly positionOf: (item: T) => ListPosition;
}

/**
 * Reads one page. One item more is asked for, to know whether there is another page.
 *
 * @throws ApiKeysError `invalid_request` when the cursor was not made for this list
 */
export async function readPage<T>(signer: CursorSigner, request: PageRequest<T>): Promise<Page<T>> {
  const { list, conditions, cursor, limit, read, positionOf } = request;
  const binding = bindingOf(list, conditions);
  const found = await read(openCursor(signer, cursor, binding), limit + 1);
  const items = found.slice(0, limit);
  const last = items.at(-1);
  const nextCursor =
    found.length > limit && last !== undefined ? signCursor(signer, positionOf(last), binding) : null;
  return { items, nextCursor };
}

/** A page of a list in which there is nothing to see. */
export const emptyPage: Page<never> = { items: [], nextCursor: null };
