import type { ApiKeyRecord } from '../domain/api-key.js';
import { parseMoment } from '../domain/key-fields.js';
import type { KeyState } from '../domain/key-state.js';
import { resolveAuthority, createFinder } from './authority.js';
import {
  parseCondition,
  parseKeyNumber,
  parsePageSize,
  parseState,
  parseUnusedDays,
  readListFilter,
} from './list-filter.js';
import { emptyPage, readPage, type ListPosition, type Page } from './list-page.js';
import { seenConditions } from './seen-conditions.js';
import type { Moment } from '../domain/moment.js';
import type { ChangeContext } from './change.js';
import type { ManagePorts } from './manage-ports.js';

/** Which keys to list; conditions that are left out do not restrict. */
export interface KeyFilter<T extends Moment = Date> {
  /** 1 to 100; default 20. */
  readonly limit?: number | undefined;
  /** `nextCursor` of the page before; valid only for the same actor and filter. */
  readonly cursor?: string | undefined;
  /** For admins; an owner sees only its own keys whatever stands here. */
  readonly ownerId?: string | undefined;
  readonly keyspace?: string | undefined;
  /** The keys with this number, where the keyspace numbers the keys of each owner. */
  readonly number?: number | undefined;
  readonly state?: KeyState | undefined;
  /** Keys that were granted exactly this scope. */
  readonly scope?: string | undefined;
  /** Part of the name. */
  readonly q?: string | undefined;
  /** Keys with exactly this tag. */
  readonly tag?: string | undefined;
  /** Keys that end before this time, those that have expired already included. */
  readonly expiresBefore?: T | undefined;
  /** Keys that were not used in the last so many days, 1 to 3650: last used before, or made before and never used. */
  readonly unusedForDays?: number | undefined;
}

/** The same with times as epoch milliseconds. */
type ReadKeyFilter = Omit<KeyFilter, 'expiresBefore'> & { readonly expiresBefore?: number | undefined };

/** The maximum number of keys that are looked at for one page, however few of them match its filter. */
export const maxRowsPerPage = 1_000;

const dayMs = 24 * 60 * 60 * 1000;

/** Lists keys, newest first. An owner's own id is part of the query, so that no filter can reach past it. */
export async function listKeys(
  ports: ManagePorts,
  context: ChangeContext,
  filter: KeyFilter<Moment>,
): Promise<Page<ApiKeyRecord>> {
  const { limit, cursor, unusedForDays, ...wanted } = readListFilter<ReadKeyFilter>(filter as ReadKeyFilter, {
    limit: parsePageSize,
    cursor: parseCondition,
    ownerId: parseCondition,
    keyspace: parseCondition,
    number: parseKeyNumber,
    state: parseState,
    scope: parseCondition,
    q: parseCondition,
    tag: parseCondition,
    expiresBefore: parseMoment,
    unusedForDays: parseUnusedDays,
  });
  const now = ports.clock.now();
  const { ownerId: seenOwner } = await resolveAuthority(
    ports,
    context,
    createFinder(ports, ports.store),
    now,
  );
  const seen = seenConditions(seenOwner, wanted);
  if (seen === null) return emptyPage;
  const conditions = ports.onlyKeyspace === null ? seen : { ...seen, keyspace: ports.onlyKeyspace };
  const unusedSince = unusedForDays === undefined ? undefined : now - unusedForDays * dayMs;
  return readPage(ports.cursorSigner, {
    ...{ list: 'keys', conditions: { ...conditions, unusedForDays }, cursor, limit },
    ...(isFiltered({ ...conditions, unusedSince }) && {
      findEnd: async (after: ListPosition | null) => {
        const query = { ownerId: conditions.ownerId, after: keyPosition(after) };
        const end = await ports.store.findScanEnd(query, maxRowsPerPage);
        return end === null ? null : [end.createdAt, end.id];
      },
    }),
    read: (after, most, end) =>
      ports.store.list({
        ...{ ...conditions, now, unusedSince, limit: most },
        ...{ after: keyPosition(after), until: keyPosition(end) },
      }),
    positionOf: ({ createdAt, id }) => [createdAt, id],
  });
}

/** Whether rows may be read that are not on the page: an index finds the keys of an owner, and nothing else. */
function isFiltered({ ownerId: _, ...conditions }: Readonly<Record<string, unknown>>): boolean {
  return Object.values(conditions).some((condition) => condition !== undefined);
}

function keyPosition(position: ListPosition | null): { createdAt: number; id: string } | undefined {
  if (position === null) return undefined;
  return { createdAt: Number(position[0]), id: String(position[1]) };
}
