import { toAuditActor } from '../domain/actor.js';
import type { AuditAction, AuditEntryDraft } from '../domain/audit-entry.js';
import type { OwnerRecord } from '../domain/owner.js';
import type { ChangeContext } from './change.js';

/** Creates the entry for a change of an owner. */
export function createOwnerEntry(
  context: ChangeContext,
  action: AuditAction,
  record: OwnerRecord,
  changedFields: readonly string[],
): AuditEntryDraft {
  return {
    action,
    keyId: null,
    keyspace: null,
    ownerId: record.ownerId,
    keyVersion: null,
    ownerVersion: record.version,
    changedFields,
    actor: toAuditActor(context.actor),
    address: context.address,
    at: record.updatedAt,
    requestId: context.requestId,
  };
}
