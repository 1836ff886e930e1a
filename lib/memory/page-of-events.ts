import type { AuditEntry } from '../domain/audit-entry.js';
import { parseAuditEntry } from '../ports/audit-chain.js';
import { unboundedEvents, type AuditQuery, type EventBounds } from '../ports/key-store.js';
import type { StoredEvent } from './memory-change-feed.js';

/** One page of the audit trail: newest first, or with `after` on from there. */
export function listEventsPage(events: readonly StoredEvent[], query: AuditQuery): readonly AuditEntry[] {
  const { after, limit } = query;
  const wanted = events
    .map((event) => parseAuditEntry(event, event.hash))
    .filter((event) => isWantedEvent(event, query));
  return (after === undefined ? wanted.reverse() : wanted).slice(0, limit);
}

/** Between which sequence numbers entries of a time are found. */
export function findEventBounds(
  events: readonly StoredEvent[],
  { from, to }: Pick<AuditQuery, 'from' | 'to'>,
  rows: number,
): EventBounds {
  const byTime = events
    .map((event) => parseAuditEntry(event, event.hash))
    .toSorted((a, b) => a.at - b.at || a.sequence - b.sequence);
  const earliest = byTime.filter(({ at }) => from !== undefined && at >= from).slice(0, rows);
  const latest = byTime.filter(({ at }) => to !== undefined && at < to).slice(-rows);
  const { first, last } = unboundedEvents;
  return {
    first: from === undefined ? first : Math.min(last, ...earliest.map(({ sequence }) => sequence)),
    last: to === undefined ? last : Math.max(first, ...latest.map(({ sequence }) => sequence)),
  };
}

function isWantedEvent(event: AuditEntry, query: AuditQuery): boolean {
  const { ownerId, keyId, action, actorId, memberId, from, to, before, after, until } = query;
  if (ownerId !== undefined && event.ownerId !== ownerId) return false;
  if (keyId !== undefined && event.keyId !== keyId) return false;
  if (action !== undefined && event.action !== action) return false;
  if (actorId !== undefined && event.actor.id !== actorId) return false;
  if (memberId !== undefined && event.actor.memberId !== memberId) return false;
  if (from !== undefined && event.at < from) return false;
  if (to !== undefined && event.at >= to) return false;
  if (before !== undefined && event.sequence >= before) return false;
  const isUpwards = after !== undefined;
  if (until !== undefined && (isUpwards ? event.sequence > until : event.sequence < until)) return false;
  return after === undefined || event.sequence > after;
}
