import { toAuditActor } from '../domain/actor.js';
import type { ApiKeyRecord } from '../domain/api-key.js';
import type { AuditAction, AuditEntryDraft } from '../domain/audit-entry.js';
import type { ChangeContext } from './change.js';

/** Creates the entry for a change: actor, action and key. Field names only, no values: metadata may contain anything. */
export function createAuditEntry(
  context: ChangeContext,
  action: AuditAction,
  record: ApiKeyRecord,
  changedFields: readonly string[],
): AuditEntryDraft {
  return {
    action,
    keyId: record.id,
    keyspace: record.keyspace,
    ownerId: record.ownerId,
    keyVersion: record.version,
    changedFields,
    actor: toAuditActor(context.actor),
    address: context.address,
    at: record.updatedAt,
    requestId: context.requestId,
  };
}
