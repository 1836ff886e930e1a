import type { AuditEntry } from '../domain/audit-entry.js';
import { presentActor } from './present-actor.js';

/** Returns the public view of one entry, field by field. */
export function presentEvent(event: AuditEntry): object {
  return {
    sequence: event.sequence,
    at: new Date(event.at),
    action: event.action,
    keyId: event.keyId,
    keyspace: event.keyspace,
    ownerId: event.ownerId,
    keyVersion: event.keyVersion,
    ...(event.ownerVersion === undefined ? {} : { ownerVersion: event.ownerVersion }),
    ...(event.cut === undefined ? {} : { cut: event.cut }),
    ...(event.webhookId === undefined ? {} : { webhookId: event.webhookId }),
    changedFields: event.changedFields,
    actor: presentActor(event.actor),
    address: event.address,
    requestId: event.requestId ?? null,
    ...(event.erased === undefined ? {} : { erased: event.erased }),
  };
}
