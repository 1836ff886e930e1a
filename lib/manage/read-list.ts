import type { Clock } from '../ports/clock.js';
import type { CursorSigner } from '../ports/cursor-signer.js';
import { createFinder, resolveAuthority, type AuthorityPorts, type FindKey } from './authority.js';
import type { ChangeContext } from './change.js';
import { defaultPageSize, parseCondition, parsePageSize } from './list-filter.js';
import { emptyPage, readPage, type ListPosition, type Page } from './list-page.js';
import type { ParsedFields } from './parsed-fields.js';
import { readFields, type FieldReaders } from './read-fields.js';
import { narrowToSeenOwner, type WithOwner } from './narrow-to-seen-owner.js';

/** What every list can be asked for beside its conditions. */
export interface PageFilter {
  /** 1 to 100; default 20. */
  readonly limit?: number | undefined;
  /** `nextCursor` of the page before; valid only for the same actor and filter. */
  readonly cursor?: string | undefined;
}

/** Which part of a list to read: so many items behind one and up to another; `null` is its beginning and its end. */
export interface ListPart {
  readonly after: ListPosition | null;
  readonly end: ListPosition | null;
  readonly limit: number;
}

/** One list. `W` is what can be asked of it, `C` what the store is asked. */
export interface List<T, W extends WithOwner, C> {
  /** A cursor of another list is refused. */
  readonly name: string;
  /** How each condition is read, in the order in which problems are listed. */
  readonly readers: FieldReaders<W>;
  /** What the cursor is bound to, and what is read by. */
  readonly conditionsOf: (seen: W) => C;
  readonly read: (conditions: C, part: ListPart, now: number) => Promise<readonly T[]>;
  /** As of `PageRequest`: where to stop reading for one page. */
  readonly findEnd?: (conditions: C, after: ListPosition | null) => Promise<ListPosition | null>;
  readonly positionOf: (item: T) => ListPosition;
}

/** What reading a list needs. */
export interface ListPorts extends AuthorityPorts {
  readonly store: { find: FindKey };
  readonly cursorSigner: CursorSigner;
  readonly clock: Clock;
}

/**
 * Reads one page of a list, newest first. An owner's own id is part of the query, so that no filter can reach past it.
 *
 * @throws ApiKeysError `invalid_request` for unknown names, values of the wrong kind and cursors of other lists
 */
export async function readList<T, W extends WithOwner, C extends WithOwner>(
  ports: ListPorts,
  context: ChangeContext,
  filter: object | ParsedFields,
  list: List<T, W, C>,
): Promise<Page<T>> {
  const readers = { limit: parsePageSize, cursor: parseCondition, ...list.readers };
  const { limit, cursor, ...wanted } = readFields(filter, readers as FieldReaders<W & PageFilter>, []);
  const now = ports.clock.now();
  const { ownerId } = await resolveAuthority(ports, context, 'read', createFinder(ports, ports.store), now);
  const seen = narrowToSeenOwner(ownerId, wanted as unknown as W);
  if (seen === null) return emptyPage;
  const conditions = list.conditionsOf(seen);
  const { findEnd } = list;
  return readPage(ports.cursorSigner, {
    list: list.name,
    conditions,
    cursor,
    limit: limit ?? defaultPageSize,
    findEnd: async (after) => (await findEnd?.(conditions, after)) ?? null,
    read: (after, most, end) => list.read(conditions, { after, end, limit: most }, now),
    positionOf: list.positionOf,
  });
}
