import { toAuditActor } from '../domain/actor.js';
import type { AuditAction, AuditEntryDraft } from '../domain/audit-entry.js';
import type { WebhookRecord } from '../domain/webhook.js';
import { ApiKeysError } from '../errors.js';
import type { ChangeContext, ExpectedVersion } from '../manage/change.js';
import { claimNothing, type ClaimName } from '../manage/repeatable-changes.js';
import type { SharedQueuing } from '../ports/queued-store.js';
import type { WebhookPorts } from './webhook-ports.js';

/** The fields of a record that a change can set. */
export type WebhookChanges = Partial<
  Pick<WebhookRecord, 'url' | 'description' | 'types' | 'isEnabled' | 'disabledReason' | 'secrets'>
>;

/** One change of a webhook. */
export interface WebhookUpdate {
  readonly action: AuditAction;
  readonly changes: WebhookChanges;
  /** Names of the public fields that it changes. */
  readonly fields: readonly string[];
}

/**
 * Changes a webhook in one transaction with its audit entry. Processes see it within a second; no rights depend on it, so nothing is
 * confirmed.
 *
 * @param decide - what to change about the present record; `null`: nothing
 * @throws ApiKeysError `not_found`, `precondition_failed`
 */
export async function changeWebhook(
  { store, clock }: Pick<WebhookPorts, 'store' | 'clock'>,
  context: ChangeContext,
  id: string,
  expected: ExpectedVersion,
  queuing: SharedQueuing,
  decide: (current: WebhookRecord, now: number) => WebhookUpdate | null,
  claim: ClaimName = claimNothing,
): Promise<WebhookRecord> {
  const now = clock.now();
  return store.transact(async (transaction) => {
    await claim(transaction, id);
    const current = requireWebhook(await transaction.findWebhook(id));
    assertExpectedWebhook(current, expected);
    const update = decide(current, now);
    if (update === null) return current;
    const next: WebhookRecord = {
      ...current,
      ...update.changes,
      version: current.version + 1,
      updatedAt: Math.max(now, current.updatedAt),
    };
    await transaction.putWebhook(next, createWebhookEntry(context, update.action, next, update.fields));
    return next;
  }, queuing);
}

/** Creates the entry for a change of a webhook, which concerns no owner. */
export function createWebhookEntry(
  context: ChangeContext,
  action: AuditAction,
  { id, updatedAt }: WebhookRecord,
  changedFields: readonly string[],
): AuditEntryDraft {
  return {
    ...{ action, keyId: null, keyspace: null, ownerId: '', keyVersion: null, ownerVersion: 0 },
    webhookId: id,
    changedFields,
    actor: toAuditActor(context.actor),
    address: context.address,
    at: updatedAt,
    requestId: context.requestId,
  };
}

/** @throws ApiKeysError `not_found` */
export function requireWebhook(record: WebhookRecord | null): WebhookRecord {
  if (record === null) throw new ApiKeysError('not_found', { detail: 'There is no such webhook.' });
  return record;
}

/** @throws ApiKeysError `precondition_failed` */
export function assertExpectedWebhook({ version }: WebhookRecord, expected: ExpectedVersion): void {
  if (expected === undefined || expected === '*' || expected.includes(version)) return;
  throw new ApiKeysError('precondition_failed', {
    detail: 'The webhook has changed since. Read it again and repeat with its new ETag.',
  });
}
