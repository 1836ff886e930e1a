import type { QueuedEvent } from '../domain/api-keys-event.js';
import type { AuditAction, AuditEntryDraft } from '../domain/audit-entry.js';
import type { WebhookRecord } from '../domain/webhook.js';
import type { KeyStore } from '../ports/key-store.js';
import { createSampleEvent, createSampleKey, sampleTime } from './sample-keys.js';

/** A webhook as a store keeps it; its secret only looks like one. */
export function createSampleWebhook(changes: Partial<WebhookRecord> = {}): WebhookRecord {
  return {
    id: 'wh_0000000000000001',
    url: 'https://crm.example/api-keys',
    description: 'CRM',
    types: ['api_key.created', 'api_key.revoked'],
    isEnabled: true,
    disabledReason: null,
    secrets: [
      { sealed: 'c0ffee.bm90IGEgc2VjcmV0', endsAt: null },
      { sealed: 'c0ffee.b2xk', endsAt: sampleTime },
    ],
    version: 1,
    createdAt: sampleTime,
    updatedAt: sampleTime,
    ...changes,
  };
}

/** The entry for a change of a webhook. */
export function createWebhookEvent({ id }: Pick<WebhookRecord, 'id'>, action: AuditAction): AuditEntryDraft {
  return createSampleEvent(createSampleKey(), {
    ...{ action, keyId: null, keyspace: null, ownerId: '', keyVersion: null, ownerVersion: 0 },
    webhookId: id,
    changedFields: [],
  });
}

/** Stores a webhook. */
export function writeWebhook(store: KeyStore, record: WebhookRecord): Promise<void> {
  const action = record.version === 1 ? 'webhook.created' : 'webhook.updated';
  return store.transact((transaction) => transaction.putWebhook(record, createWebhookEvent(record, action)));
}

/** An event in a queue. */
export function createQueuedEvent(sequence: number, subject: string): QueuedEvent {
  return {
    ...{ sequence, subject, id: `evt_${sequence}`, type: 'api_key.updated' },
    body: JSON.stringify({ sequence, text: 'é \u{1f511} "quoted"' }),
  };
}
