import type { AuditEntry } from '../domain/audit-entry.js';
import type { Page } from '../manage/list-page.js';
import type { EndpointAnswer } from './endpoint.js';

/** Answers with a page of the audit trail. */
export function presentPageOfEvents(page: Page<AuditEntry>): EndpointAnswer {
  return { status: 200, body: { items: page.items.map(presentEvent), nextCursor: page.nextCursor } };
}

/** Shows one entry, field by field. */
function presentEvent(event: AuditEntry): object {
  return {
    sequence: event.sequence,
    at: new Date(event.at),
    action: event.action,
    keyId: event.keyId,
    keyspace: event.keyspace,
    ownerId: event.ownerId,
    keyVersion: event.keyVersion,
    changedFields: event.changedFields,
    actor: { kind: event.actor.kind, id: event.actor.id },
    address: event.address,
    requestId: event.requestId ?? null,
  };
}
