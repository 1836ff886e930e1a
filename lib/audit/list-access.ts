import type { Moment } from '../domain/moment.js';
import type { AccessEntry } from '../domain/access-entry.js';
import { parseMoment } from '../domain/key-fields.js';
import type { ChangeContext } from '../manage/change.js';
import { parseCondition } from '../manage/list-filter.js';
import type { ListPosition, Page } from '../manage/list-page.js';
import type { ParsedFields } from '../manage/parsed-fields.js';
import type { FieldReaders } from '../manage/read-fields.js';
import { readList, type PageFilter } from '../manage/read-list.js';
import type { AuditPorts } from './audit-ports.js';

/** Which entries of the access log to list; conditions that are left out do not restrict. */
export interface AccessFilter<T extends Moment = Date> extends PageFilter {
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

/** The conditions after reading: times are epoch milliseconds. */
type AccessConditions = Omit<AccessFilter, keyof PageFilter | 'from' | 'to'> & {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
};

const accessConditions: FieldReaders<AccessConditions> = {
  ownerId: parseCondition,
  keyId: parseCondition,
  action: parseCondition,
  code: parseCondition,
  from: parseMoment,
  to: parseMoment,
};

/** Lists refused requests and the like, newest first. */
export function listAccess(
  ports: AuditPorts,
  context: ChangeContext,
  filter: AccessFilter<Moment> | ParsedFields,
): Promise<Page<AccessEntry>> {
  return readList(ports, context, filter, {
    name: 'access',
    readers: accessConditions,
    conditionsOf: (seen) => seen,
    read: (conditions, { after, limit }) =>
      ports.store.accessLog.list({ ...conditions, after: toEventPosition(after), limit }),
    positionOf: ({ at, id }) => [at, id],
  });
}

function toEventPosition(position: ListPosition | null): { at: number; id: string } | undefined {
  if (position === null) return undefined;
  return { at: Number(position[0]), id: String(position[1]) };
}
