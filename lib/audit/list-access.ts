import type { AccessEntry } from '../domain/access-entry.js';
import { parseMoment } from '../domain/key-fields.js';
import { resolveAuthority, createFinder } from '../manage/authority.js';
import type { Moment } from '../domain/moment.js';
import type { ChangeContext } from '../manage/change.js';
import { parseCondition, parsePageSize, readListFilter } from '../manage/list-filter.js';
import { emptyPage, readPage, type ListPosition, type Page } from '../manage/list-page.js';
import { seenConditions } from '../manage/seen-conditions.js';
import type { AuditPorts } from './audit-ports.js';

/** Which entries of the access log to list; conditions that are left out do not restrict. */
export interface AccessFilter<T extends Moment = Date> {
  /** 1 to 100; default 20. */
  readonly limit?: number | undefined;
  /** `nextCursor` of the page before; valid only for the same actor and filter. */
  readonly cursor?: string | undefined;
  /** For admins; an owner sees what concerns its own keys, and what it was refused itself. */
  readonly ownerId?: string | undefined;
  readonly keyId?: string | undefined;
  /** For example `access.refused`. */
  readonly action?: string | undefined;
  /** The `code` of the answer, for example `invalid_token`. */
  readonly code?: string | undefined;
  /** Not before this time. */
  readonly from?: T | undefined;
  /** Before this time. */
  readonly to?: T | undefined;
}

type ReadAccessFilter = Omit<AccessFilter, 'from' | 'to'> & {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
};

/** Lists refused requests and the like, newest first. An owner's own id is part of the query. */
export async function listAccess(
  ports: AuditPorts,
  context: ChangeContext,
  filter: AccessFilter<Moment>,
): Promise<Page<AccessEntry>> {
  const { limit, cursor, ...wanted } = readListFilter<ReadAccessFilter>({ ...filter } as ReadAccessFilter, {
    limit: parsePageSize,
    cursor: parseCondition,
    ownerId: parseCondition,
    keyId: parseCondition,
    action: parseCondition,
    code: parseCondition,
    from: parseMoment,
    to: parseMoment,
  });
  const { ownerId: seenOwner } = await resolveAuthority(
    ports,
    context,
    createFinder(ports, ports.store),
    ports.clock.now(),
  );
  const conditions = seenConditions(seenOwner, wanted);
  if (conditions === null) return emptyPage;
  return readPage(ports.cursorSigner, {
    ...{ list: 'access', conditions: { ...conditions }, cursor, limit },
    read: (after, most) =>
      ports.store.accessLog.list({ ...conditions, after: eventPosition(after), limit: most }),
    positionOf: ({ at, id }) => [at, id],
  });
}

function eventPosition(position: ListPosition | null): { at: number; id: string } | undefined {
  if (position === null) return undefined;
  return { at: Number(position[0]), id: String(position[1]) };
}
