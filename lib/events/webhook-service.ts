import { testEventType } from '../domain/event-type.js';
import type { WebhookRecord } from '../domain/webhook.js';
import type { ChangeContext, ExpectedVersion, KeyInput } from '../manage/change.js';
import type { Page } from '../manage/list-page.js';
import type { ParsedFields } from '../manage/parsed-fields.js';
import { readFields } from '../manage/read-fields.js';
import type { EventDelivery } from '../ports/event-store.js';
import type { AttemptOutcome } from './attempt.js';
import { assertExpectedWebhook, createWebhookEntry, requireWebhook } from './change-webhook.js';
import { createWebhook, type WebhookWithSecret } from './create-webhook.js';
import { listDeliveries, type DeliveryFilter } from './list-deliveries.js';
import { rotateWebhookSecret } from './rotate-webhook-secret.js';
import { sendToWebhook } from './send-to-webhook.js';
import { updateWebhook } from './update-webhook.js';
import { assertMayManageWebhooks } from './webhook-authority.js';
import { parseSequences } from './webhook-fields.js';
import type { WebhookPorts } from './webhook-ports.js';

const testIdLength = 24;

/** The management of webhooks. All commands throw ApiKeysError `forbidden` to all but admins and the app itself. */
export interface WebhookService {
  create(context: ChangeContext, input: KeyInput): Promise<WebhookWithSecret>;
  get(context: ChangeContext, id: string): Promise<WebhookRecord>;
  /** All of them, by their ids. */
  list(context: ChangeContext): Promise<readonly WebhookRecord[]>;
  update(
    context: ChangeContext,
    id: string,
    input: KeyInput,
    expected?: ExpectedVersion,
  ): Promise<WebhookRecord>;
  /** Removes it with all that was not delivered, and returns it as it was. */
  delete(context: ChangeContext, id: string, expected?: ExpectedVersion): Promise<WebhookRecord>;
  rotateSecret(
    context: ChangeContext,
    id: string,
    input: KeyInput,
    expected?: ExpectedVersion,
  ): Promise<WebhookWithSecret>;
  /** Sends an event `webhook.test` at once, whether or not the webhook is enabled, and never again. */
  test(context: ChangeContext, id: string): Promise<AttemptOutcome>;
  listDeliveries(
    context: ChangeContext,
    id: string,
    filter: DeliveryFilter | ParsedFields,
  ): Promise<Page<EventDelivery>>;
  /** Lets dead deliveries be attempted again: those with the given `sequences`, or all. Returns how many. */
  replay(context: ChangeContext, id: string, input: KeyInput): Promise<number>;
}

/** Binds the commands to their ports. */
export function createWebhookService(ports: WebhookPorts): WebhookService {
  const { store, clock, random } = ports;
  const find = async (context: ChangeContext, id: string): Promise<WebhookRecord> => {
    assertMayManageWebhooks(context);
    return requireWebhook(await store.events.findWebhook(id));
  };
  return {
    create: (context, input) => createWebhook(ports, context, input),
    get: find,
    async list(context) {
      assertMayManageWebhooks(context);
      const queues = await store.events.listQueues();
      return queues.map(({ webhook }) => webhook).filter((webhook) => webhook !== null);
    },
    update: (context, id, input, expected) => updateWebhook(ports, context, id, input, expected),
    async delete(context, id, expected) {
      assertMayManageWebhooks(context);
      return store.transact(async (transaction) => {
        const current = requireWebhook(await transaction.findWebhook(id));
        assertExpectedWebhook(current, expected);
        const removed = { ...current, updatedAt: Math.max(clock.now(), current.updatedAt) };
        await transaction.removeWebhook(current, createWebhookEntry(context, 'webhook.deleted', removed, []));
        return current;
      });
    },
    rotateSecret: (context, id, input, expected) => rotateWebhookSecret(ports, context, id, input, expected),
    async test(context, id) {
      const webhook = await find(context, id);
      const timestamp = new Date(clock.now()).toISOString();
      const event = {
        id: `evt_t${random.base62(testIdLength)}`,
        body: JSON.stringify({ type: testEventType, timestamp, data: { webhookId: id } }),
      };
      return sendToWebhook(ports, webhook, event, new AbortController().signal);
    },
    listDeliveries: (context, id, filter) => listDeliveries(ports, context, id, filter),
    async replay(context, id, input) {
      const { sequences } = readFields(input, { sequences: parseSequences }, []);
      await find(context, id);
      return store.events.replay(id, sequences ?? null, clock.now());
    },
  };
}
