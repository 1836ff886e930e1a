import type { Moment } from '../domain/moment.js';
import type { AccessEntry } from '../domain/access-entry.js';
import { isKeyOf } from '../manage/audit-scan.js';
import type { ChangeContext } from '../manage/change.js';
import { maxRowsPerPage, type ListPosition, type Page } from '../manage/list-page.js';
import {
  logConditions,
  parseAction,
  parseProblemCode,
  type ReadConditions,
} from '../manage/log-conditions.js';
import type { ParsedFields } from '../manage/parsed-fields.js';
import type { FieldReaders } from '../manage/read-fields.js';
import { readList, type PageFilter } from '../manage/read-list.js';
import type { AccessPosition } from '../ports/access-log.js';
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

const accessConditions: FieldReaders<ReadConditions<AccessFilter>> = {
  ...logConditions,
  action: parseAction,
  code: parseProblemCode,
};

/** Lists refused requests and the like, newest first. */
export function listAccess(
  ports: AuditPorts,
  context: ChangeContext,
  filter: AccessFilter<Moment> | ParsedFields,
): Promise<Page<AccessEntry>> {
  const { accessLog } = ports.store;
  return readList(ports, context, filter, {
    name: 'access',
    readers: accessConditions,
    conditionsOf: (seen) => seen,
    findEnd: async ({ action, code, ...conditions }, after) => {
      const { ownerId, keyId, from, to } = conditions;
      const hasBoth = ownerId !== undefined && keyId !== undefined;
      if (action === undefined && code === undefined && !hasBoth) return null;
      const isByKey = keyId !== undefined && (await isKeyOf(ports.store, keyId, ownerId));
      const place = isByKey ? { keyId } : { ownerId };
      const scan = { ...place, from, to, after: toEventPosition(after) };
      const end = await accessLog.findScanEnd(scan, maxRowsPerPage);
      return end === null ? null : [end.at, end.id];
    },
    read: (conditions, { after, end, limit }) =>
      accessLog.list({ ...conditions, after: toEventPosition(after), until: toEventPosition(end), limit }),
    positionOf: ({ at, id }) => [at, id],
  });
}

function toEventPosition(position: ListPosition | null): AccessPosition | undefined {
  if (position === null) return undefined;
  return { at: Number(position[0]), id: String(position[1]) };
}
