import type { AccessEntry } from '../domain/access-entry.js';
import type { Page } from '../manage/list-page.js';
import type { EndpointAnswer } from './endpoint.js';

/** Answers with a page of the access log. */
export function presentPageOfAccess(page: Page<AccessEntry>): EndpointAnswer {
  return { status: 200, body: { items: page.items.map(presentAccess), nextCursor: page.nextCursor } };
}

/** Shows one entry, field by field. */
function presentAccess(event: AccessEntry): object {
  return {
    id: event.id,
    at: new Date(event.at),
    lastAt: new Date(event.lastAt),
    count: event.count,
    action: event.action,
    code: event.code,
    keyId: event.keyId,
    ownerId: event.ownerId,
    actor: event.actor === null ? null : { kind: event.actor.kind, id: event.actor.id },
    address: event.address,
    method: event.method,
    route: event.route,
    requestId: event.requestId,
  };
}
