import type { AuditEntry } from '../domain/audit-entry.js';
import { parseAuditEntry } from '../ports/audit-chain.js';
import type { AuditQuery } from '../ports/key-store.js';
import type { StoredEvent } from './memory-change-feed.js';

/** One page of the audit trail: newest first, or with `after` on from there. */
export function listEventsPage(events: readonly StoredEvent[], query: AuditQuery): readonly AuditEntry[] {
  const { after, limit } = query;
  const wanted = events
    .map((event) => parseAuditEntry(event, event.hash))
    .filter((event) => isWantedEvent(event, query));
  return (after === undefined ? wanted.reverse() : wanted).slice(0, limit);
}

function isWantedEvent(event: AuditEntry, query: AuditQuery): boolean {
  const { ownerId, keyId, action, actorId, memberId, from, to, before, after } = query;
  if (ownerId !== undefined && event.ownerId !== ownerId) return false;
  if (keyId !== undefined && event.keyId !== keyId) return false;
  if (action !== undefined && event.action !== action) return false;
  if (actorId !== undefined && event.actor.id !== actorId) return false;
  if (memberId !== undefined && event.actor.memberId !== memberId) return false;
  if (from !== undefined && event.at < from) return false;
  if (to !== undefined && event.at >= to) return false;
  if (before !== undefined && event.sequence >= before) return false;
  return after === undefined || event.sequence > after;
}
