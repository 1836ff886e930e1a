import type { AuditActor, AuditEntry } from './audit-entry.js';
import { eventTypes, missedEventType, type EventType, type testEventType } from './event-type.js';

/** What happened. Never contains a secret, and of persons no more than ids. */
export interface EventData {
  /** The place of the event in the audit trail: 1, 2, 3 … */
  readonly sequence: number;
  /** `null` for a change that is not about a key. */
  readonly keyId: string | null;
  readonly keyspace: string | null;
  /** The version of the key after the change. */
  readonly keyVersion: number | null;
  /** `null` for a change that is about no owner. */
  readonly ownerId: string | null;
  /** Only of changes of webhooks. */
  readonly webhookId?: string;
  /** Names of the fields that changed, without their values. */
  readonly changedFields: readonly string[];
  /** Who made the change. */
  readonly actor: Pick<AuditActor, 'kind' | 'id'>;
}

/** Which entries of the audit trail were removed by retention before they could be delivered: sequence numbers, both inclusive. */
export interface MissedEventsData {
  readonly first: number;
  readonly last: number;
}

interface EventBase {
  /** The same for every attempt and every receiver: what has been processed can be recognized by it. */
  readonly id: string;
  /** When it happened, RFC 3339. */
  readonly timestamp: string;
}

/** One event, as it is delivered. */
export type ApiKeysEvent =
  | (EventBase & { readonly type: EventType; readonly data: EventData })
  | (EventBase & { readonly type: typeof missedEventType; readonly data: MissedEventsData })
  | (EventBase & { readonly type: typeof testEventType; readonly data: { readonly webhookId: string } });

/** An event in a queue. */
export interface QueuedEvent {
  /** The sequence number of its entry in the audit trail. */
  readonly sequence: number;
  readonly id: string;
  readonly type: string;
  /** What it is about: events of one subject are delivered in order. */
  readonly subject: string;
  /** JSON with `type`, `timestamp` and `data`: the same bytes at every attempt. */
  readonly body: string;
}

const idLength = 32;

/** Makes an event of an entry of the audit trail; `null` for an entry that is none. */
export function toQueuedEvent(entry: AuditEntry): QueuedEvent | null {
  const { sequence, action, keyId, keyspace, keyVersion, ownerId, webhookId, changedFields, actor } = entry;
  // Entries of a later version may have actions that are unknown here.
  const type = Object.hasOwn(eventTypes, action) ? eventTypes[action] : null;
  if (type === null) return null;
  const data: EventData = {
    sequence,
    keyId,
    keyspace,
    keyVersion,
    ownerId: ownerId === '' ? null : ownerId,
    ...(webhookId === undefined ? {} : { webhookId }),
    changedFields,
    // Not the member, who is a person: what was delivered cannot be erased.
    actor: { kind: actor.kind, id: actor.id },
  };
  return {
    sequence,
    // The hash differs from that of any other entry, also after a database was restored and numbers are assigned again.
    id: `evt_${entry.hash.slice(0, idLength)}`,
    type,
    subject: getSubject(entry),
    body: JSON.stringify({ type, timestamp: new Date(entry.at).toISOString(), data }),
  };
}

function getSubject({ keyId, ownerId, webhookId }: AuditEntry): string {
  if (keyId !== null) return `key ${keyId}`;
  return ownerId === '' ? `webhook ${webhookId ?? ''}` : `owner ${ownerId}`;
}

/**
 * Makes the event that reports missing entries: those between the last one that was queued and the first one that is still stored.
 *
 * @param after - the sequence number of the last one that was queued
 */
export function toMissedEvent(after: number, first: AuditEntry): QueuedEvent {
  const data: MissedEventsData = { first: after + 1, last: first.sequence - 1 };
  return {
    sequence: data.last,
    id: `evt_m${first.hash.slice(0, idLength - 1)}`,
    type: missedEventType,
    subject: missedEventType,
    body: JSON.stringify({ type: missedEventType, timestamp: new Date(first.at).toISOString(), data }),
  };
}

/** The event as code gets it. */
export function toApiKeysEvent({ id, body }: Pick<QueuedEvent, 'id' | 'body'>): ApiKeysEvent {
  return { id, ...(JSON.parse(body) as object) } as ApiKeysEvent;
}
