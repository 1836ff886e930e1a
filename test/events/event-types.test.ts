import { eventTypeNames, eventTypes } from '../../lib/domain/event-type.js';
import { toMissedEvent, toQueuedEvent } from '../../lib/domain/api-keys-event.js';
import type { AuditAction, AuditEntry } from '../../lib/domain/audit-entry.js';
import { auditActionNames } from '../../lib/manage/log-conditions.js';

function createEntry(changes: Partial<AuditEntry> = {}): AuditEntry {
  return {
    sequence: 7,
    action: 'key.updated',
    keyId: 'key0000000000001',
    keyspace: 'default',
    ownerId: 'alice',
    keyVersion: 2,
    changedFields: ['name'],
    actor: { kind: 'owner', id: 'alice', memberId: 'member-1', memberName: 'Olga Muster' },
    address: '192.0.2.7',
    at: Date.UTC(2026, 5, 1),
    requestId: 'request-1',
    salt: 'salt',
    mac: 'c0ffee.00',
    hash: 'ab'.repeat(32),
    ...changes,
  };
}

describe('the types of events', () => {
  it('cover every action of the audit trail', () => {
    expect(Object.keys(eventTypes).sort()).toEqual([...auditActionNames].sort());
    const silent = Object.entries(eventTypes).filter(([, type]) => type === null);
    expect(silent.map(([action]) => action)).toEqual(['key.carried']);
  });

  it('are dotted names, each of one action', () => {
    expect(new Set(eventTypeNames).size).toBe(eventTypeNames.length);
    for (const type of eventTypeNames) expect(type).toMatch(/^[a-z_]+\.[a-z_]+$/);
  });
});

describe('an event', () => {
  it('says what has happened, and of persons no more than ids', () => {
    const event = toQueuedEvent(createEntry());
    expect(JSON.parse(event?.body ?? '')).toEqual({
      type: 'api_key.updated',
      timestamp: '2026-06-01T00:00:00.000Z',
      data: {
        sequence: 7,
        keyId: 'key0000000000001',
        keyspace: 'default',
        keyVersion: 2,
        ownerId: 'alice',
        changedFields: ['name'],
        actor: { kind: 'owner', id: 'alice' },
      },
    });
    expect(event).toMatchObject({
      sequence: 7,
      id: `evt_${'ab'.repeat(16)}`,
      subject: 'key key0000000000001',
    });
  });

  it('has a subject that its order is kept by: a key, an owner or a webhook', () => {
    const ofOwner = { keyId: null, keyspace: null, keyVersion: null };
    const subjectOf = (changes: Partial<AuditEntry>): string | undefined =>
      toQueuedEvent(createEntry(changes))?.subject;
    expect(subjectOf({ action: 'owner.suspended', ...ofOwner })).toBe('owner alice');
    expect(subjectOf({ action: 'webhook.updated', ...ofOwner, ownerId: '', webhookId: 'wh_1' })).toBe(
      'webhook wh_1',
    );
    expect(subjectOf({ action: 'token.revoked' })).toBe('key key0000000000001');
  });

  it('is not made of what is no change, nor of an action that a later version has added', () => {
    expect(toQueuedEvent(createEntry({ action: 'key.carried' }))).toBe(null);
    for (const action of ['key.sold', 'toString', '__proto__']) {
      expect(toQueuedEvent(createEntry({ action: action as AuditAction }))).toBe(null);
    }
  });

  it('reports which entries are missing', () => {
    const event = toMissedEvent(3, createEntry({ sequence: 9 }));
    expect(JSON.parse(event.body)).toMatchObject({ type: 'events.missed', data: { first: 4, last: 8 } });
    expect(event.sequence).toBe(8);
  });
});
