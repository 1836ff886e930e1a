import type { ApiKeyRecord } from '../domain/api-key.js';
import { parseAuditEntry } from '../ports/audit-chain.js';
import type { AuditTrail, StoredEntry, TrailStart } from '../ports/audit-trail.js';
import { startOfFeed } from '../ports/change-feed.js';
import type { StoredEvent } from './memory-change-feed.js';

/** The part of the store that the trail is read from. */
interface TrailContents {
  readonly keys: ReadonlyMap<string, ApiKeyRecord>;
  readonly events: readonly StoredEvent[];
  readonly removedEvents: number;
  readonly trailStart: TrailStart;
}

/** The audit trail of a store in memory. */
export function createMemoryAuditTrail(contents: () => TrailContents): AuditTrail {
  return {
    async head() {
      const { events, removedEvents } = contents();
      return { sequence: removedEvents + events.length, hash: events.at(-1)?.hash ?? startOfFeed.hash };
    },

    start: async () => contents().trailStart,

    async entries(after, limit) {
      const { events, removedEvents } = contents();
      const first = Math.max(0, after - removedEvents);
      return events.slice(first, first + limit).map(toStoredEntry);
    },

    async lastEntries(after, limit) {
      const { keys, events } = contents();
      const last = new Map(events.map((event) => [parseAuditEntry(event, event.hash).keyId, event.payload]));
      return [...keys.values()]
        .filter(({ id }) => id > after)
        .sort((a, b) => (a.id < b.id ? -1 : 1))
        .slice(0, limit)
        .map(({ id, version }) => ({ keyId: id, version, payload: last.get(id) ?? null }));
    },
  };
}

function toStoredEntry({ payload, personal, hash }: StoredEvent): StoredEntry {
  const { sequence, keyId, ownerId, action, actor, at } = parseAuditEntry({ payload, personal }, hash);
  const { id: actorId, memberId = null } = actor;
  return { sequence, keyId, ownerId, action, actorId, memberId, at, payload, personal, hash };
}
