import type { AuditEntry } from '../domain/audit-entry.js';
import {
  auditConditions,
  auditConditionsFor,
  type AuditConditions,
  type ReadAuditConditions,
} from './audit-conditions.js';
import { resolveAuthority, createFinder } from './authority.js';
import type { Moment } from '../domain/moment.js';
import type { ChangeContext } from './change.js';
import { parseCondition, parsePageSize, readListFilter } from './list-filter.js';
import { emptyPage, readPage, type Page } from './list-page.js';
import type { ManagePorts } from './manage-ports.js';

/** Which entries of the audit trail to list. */
export interface AuditFilter<T extends Moment = Date> extends AuditConditions<T> {
  /** 1 to 100; default 20. */
  readonly limit?: number | undefined;
  /** `nextCursor` of the page before; valid only for the same actor and filter. */
  readonly cursor?: string | undefined;
}

type ReadAuditFilter = ReadAuditConditions & Pick<AuditFilter, 'limit' | 'cursor'>;

/** Lists what happened to keys, newest first. */
export async function listEvents(
  ports: ManagePorts,
  context: ChangeContext,
  filter: AuditFilter<Moment>,
): Promise<Page<AuditEntry>> {
  const { limit, cursor, ...wanted } = readListFilter<ReadAuditFilter>({ ...filter } as ReadAuditFilter, {
    limit: parsePageSize,
    cursor: parseCondition,
    ...auditConditions,
  });
  const { ownerId: seenOwner } = await resolveAuthority(
    ports,
    context,
    createFinder(ports, ports.store),
    ports.clock.now(),
  );
  const conditions = auditConditionsFor(seenOwner, wanted);
  if (conditions === null) return emptyPage;
  return readPage(ports.cursorSigner, {
    ...{ list: 'audit', conditions: { ...conditions }, cursor, limit },
    read: (after, most) => {
      const before = after === null ? undefined : Number(after[0]);
      return ports.store.listEvents({ ...conditions, before, limit: most });
    },
    positionOf: ({ sequence }) => [sequence],
  });
}
