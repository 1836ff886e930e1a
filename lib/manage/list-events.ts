import type { Moment } from '../domain/moment.js';
import type { AuditEntry } from '../domain/audit-entry.js';
import { auditConditions, toAuditQuery, type AuditConditions } from './audit-conditions.js';
import type { ChangeContext } from './change.js';
import type { Page } from './list-page.js';
import type { ManagePorts } from './manage-ports.js';
import type { ParsedFields } from './parsed-fields.js';
import { readList, type PageFilter } from './read-list.js';

/** Which entries of the audit trail to list. */
export interface AuditFilter<T extends Moment = Date> extends AuditConditions<T>, PageFilter {}

/** Lists what happened to keys, newest first. */
export function listEvents(
  ports: ManagePorts,
  context: ChangeContext,
  filter: AuditFilter<Moment> | ParsedFields,
): Promise<Page<AuditEntry>> {
  return readList(ports, context, filter, {
    name: 'audit',
    readers: auditConditions,
    conditionsOf: toAuditQuery,
    read: (conditions, { after, limit }) => {
      const before = after === null ? undefined : Number(after[0]);
      return ports.store.listEvents({ ...conditions, before, limit });
    },
    positionOf: ({ sequence }) => [sequence],
  });
}
