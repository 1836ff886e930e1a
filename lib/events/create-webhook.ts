import type { WebhookRecord } from '../domain/webhook.js';
import { ApiKeysError } from '../errors.js';
import type { ChangeContext, KeyInput } from '../manage/change.js';
import { createNeutralQueuing } from '../manage/change-queuing.js';
import { readFields } from '../manage/read-fields.js';
import { claimNothing, type ClaimName } from '../manage/repeatable-changes.js';
import { createWebhookEntry } from './change-webhook.js';
import { assertMayManageWebhooks } from './webhook-authority.js';
import { assertSendable, webhookReaders } from './webhook-fields.js';
import type { WebhookPorts } from './webhook-ports.js';
import { mintWebhookSecret } from './webhook-secrets.js';

/** How many webhooks there can be: each is looked at once a second, and may have requests in progress. */
export const maxWebhooks = 100;
/** 95 bits. */
const idLength = 16;

/** A webhook with a secret that is shown once. */
export interface WebhookWithSecret {
  readonly record: WebhookRecord;
  readonly secret: string;
}

/**
 * Adds an endpoint. It gets the events from then on.
 *
 * @throws ApiKeysError `invalid_request`, `forbidden`, `conflict` when there are too many
 */
export async function createWebhook(
  ports: WebhookPorts,
  context: ChangeContext,
  input: KeyInput,
  claim: ClaimName = claimNothing,
): Promise<WebhookWithSecret> {
  assertMayManageWebhooks(context);
  const fields = readFields(input, webhookReaders, ['url']);
  assertSendable(ports.sender, fields.url);
  const { url, description = null, types = null, enabled = true } = fields;
  const { store, random, secretSealer, clock } = ports;
  const id = `wh_${random.base62(idLength)}`;
  const { secret, stored } = mintWebhookSecret(secretSealer, random, id);
  const now = clock.now();
  const record: WebhookRecord = {
    ...{ id, url, description, types, isEnabled: enabled, disabledReason: null },
    secrets: [stored],
    version: 1,
    createdAt: now,
    updatedAt: now,
  };
  await store.transact(async (transaction) => {
    await claim(transaction, id);
    if ((await transaction.countWebhooks()) >= maxWebhooks) {
      throw new ApiKeysError('conflict', { detail: `There can be at most ${maxWebhooks} webhooks.` });
    }
    const given = Object.keys(fields);
    await transaction.putWebhook(record, createWebhookEntry(context, 'webhook.created', record, given));
  }, createNeutralQueuing(context));
  return { record, secret };
}
