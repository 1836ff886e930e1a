import type { WebhookRecord } from '../domain/webhook.js';
import { ApiKeysError } from '../errors.js';
import type { ChangeContext, ExpectedVersion, KeyInput } from '../manage/change.js';
import { createNeutralQueuing } from '../manage/change-queuing.js';
import { readFields } from '../manage/read-fields.js';
import { changeWebhook, type WebhookChanges, type WebhookUpdate } from './change-webhook.js';
import { assertMayManageWebhooks } from './webhook-authority.js';
import { assertSendable, webhookReaders, type WebhookFields } from './webhook-fields.js';
import type { WebhookPorts } from './webhook-ports.js';

/**
 * Changes a webhook; what is left out stays. One that is enabled again goes on where it stopped.
 *
 * @throws ApiKeysError `invalid_request`, `forbidden`, `not_found`, `precondition_failed`
 */
export async function updateWebhook(
  ports: WebhookPorts,
  context: ChangeContext,
  id: string,
  input: KeyInput,
  expected?: ExpectedVersion,
): Promise<WebhookRecord> {
  assertMayManageWebhooks(context);
  const given = readFields<WebhookFields>(input, webhookReaders, []);
  if (given.url !== undefined) assertSendable(ports.sender, given.url);
  if (Object.keys(given).length === 0) {
    throw new ApiKeysError('invalid_request', {
      detail: 'Name at least one of url, description, types and enabled.',
    });
  }
  return changeWebhook(ports, context, id, expected, createNeutralQueuing(context), (current) =>
    decideUpdate(current, given),
  );
}

function decideUpdate(current: WebhookRecord, given: Partial<WebhookFields>): WebhookUpdate | null {
  const { url, description, types, enabled } = { ...current, enabled: current.isEnabled, ...given };
  const fields: string[] = [];
  if (url !== current.url) fields.push('url');
  if (description !== current.description) fields.push('description');
  if (JSON.stringify(types) !== JSON.stringify(current.types)) fields.push('types');
  if (enabled !== current.isEnabled) fields.push('enabled');
  if (fields.length === 0) return null;
  const disabledReason = enabled === current.isEnabled ? current.disabledReason : null;
  const changes: WebhookChanges = { url, description, types, isEnabled: enabled, disabledReason };
  return { action: 'webhook.updated', changes, fields };
}
