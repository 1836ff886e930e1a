import type { Moment } from '../domain/moment.js';
import type { AuditEntry } from '../domain/audit-entry.js';
import { redactOrigin } from '../domain/redact-origin.js';
import { unboundedEvents, type AuditQuery } from '../ports/key-store.js';
import { auditConditions, toAuditQuery, type AuditConditions } from './audit-conditions.js';
import type { ChangeContext } from './change.js';
import { chooseAuditScan, findAuditBounds, getCountedBy, isAuditScan } from './audit-scan.js';
import { maxRowsPerPage, type ListPosition, type Page } from './list-page.js';
import type { ManagePorts } from './manage-ports.js';
import type { ParsedFields } from './parsed-fields.js';
import { readList, type PageFilter } from './read-list.js';

/** Which entries of the audit trail to list. */
export interface AuditFilter<T extends Moment = Date> extends AuditConditions<T>, PageFilter {}

/** Lists what happened to keys, newest first. */
export async function listEvents(
  ports: ManagePorts,
  context: ChangeContext,
  filter: AuditFilter<Moment> | ParsedFields,
): Promise<Page<AuditEntry>> {
  const { store } = ports;
  let bounds = unboundedEvents;
  let countedBy: AuditQuery['countedBy'];
  const startBelow = (after: ListPosition | null): number =>
    Math.min(Number(after?.[0] ?? Infinity), bounds.last + 1);
  const page = await readList(ports, context, filter, {
    name: 'audit',
    readers: auditConditions,
    conditionsOf: toAuditQuery,
    findEnd: async (conditions, after) => {
      if (!isAuditScan(conditions)) return null;
      bounds = await findAuditBounds(store, conditions);
      const scan = { ...(await chooseAuditScan(store, conditions)), before: startBelow(after) };
      countedBy = getCountedBy(scan);
      const end = await store.findEventScanEnd(scan, maxRowsPerPage);
      return end === null || end <= bounds.first ? null : [end];
    },
    read: (conditions, { after, end, limit }) => {
      const part = { before: startBelow(after), until: Number(end?.[0] ?? bounds.first) };
      return store.listEvents({ ...conditions, ...part, countedBy, limit });
    },
    positionOf: ({ sequence }: AuditEntry) => [sequence],
  });
  return { ...page, items: page.items.map((entry) => redactOrigin(entry, context.actor)) };
}
