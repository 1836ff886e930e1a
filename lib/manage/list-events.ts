import type { AuditEvent } from '../domain/audit-event.js';
import { authorityOf, findIn } from './authority.js';
import type { ChangeContext } from './key-service.js';
import { parseCondition, parsePageSize, readListFilter } from './list-filter.js';
import { bindingOf, openCursor, signCursor } from './list-cursor.js';
import type { Page } from './list-keys.js';
import type { ManagePorts } from './manage-ports.js';

/** Which entries of the audit trail to list; conditions that are left out do not restrict. */
export interface AuditFilter {
  /** 1 to 100; default 20. */
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
  /** For admins; an owner sees only the events of its own keys. */
  readonly ownerId?: string | undefined;
  readonly keyId?: string | undefined;
  /** For example `key.revoked`. */
  readonly action?: string | undefined;
}

/** Lists what happened to keys, newest first. */
export async function listEvents(
  ports: ManagePorts,
  context: ChangeContext,
  filter: AuditFilter,
): Promise<Page<AuditEvent>> {
  const { limit, cursor, ...wanted } = readListFilter<AuditFilter>(filter, {
    limit: parsePageSize,
    cursor: parseCondition,
    ownerId: parseCondition,
    keyId: parseCondition,
    action: parseCondition,
  });
  const { ownerId: seenOwner } = await authorityOf(context, findIn(ports.store), ports.clock.now());
  if (seenOwner !== null && wanted.ownerId !== undefined && wanted.ownerId !== seenOwner) {
    return { items: [], nextCursor: null };
  }
  const conditions = { ...wanted, ownerId: seenOwner ?? wanted.ownerId };
  const binding = bindingOf('audit', conditions);
  const position = openCursor(ports.cursorSigner, cursor, binding);
  const found = await ports.store.listEvents({
    ...conditions,
    before: position === null ? undefined : Number(position[0]),
    limit: limit + 1,
  });
  const items = found.slice(0, limit);
  const last = items.at(-1);
  const nextCursor =
    found.length > limit && last !== undefined
      ? signCursor(ports.cursorSigner, [last.sequence], binding)
      : null;
  return { items, nextCursor };
}
