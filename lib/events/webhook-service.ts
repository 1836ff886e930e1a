import { testEventType } from '../domain/event-type.js';
import type { WebhookRecord } from '../domain/webhook.js';
import type { ChangeContext, ExpectedVersion, KeyInput } from '../manage/change.js';
import { createNeutralQueuing } from '../manage/change-queuing.js';
import type { Page } from '../manage/list-page.js';
import type { ParsedFields } from '../manage/parsed-fields.js';
import { readFields } from '../manage/read-fields.js';
import {
  RepeatableChanges,
  type ClaimName,
  type RepeatableChange,
  type RepeatableResult,
} from '../manage/repeatable-changes.js';
import type { EventDelivery } from '../ports/event-store.js';
import type { AttemptOutcome } from './attempt.js';
import { assertExpectedWebhook, createWebhookEntry, requireWebhook } from './change-webhook.js';
import { createWebhook, type WebhookWithSecret } from './create-webhook.js';
import { replayAll } from './replay-all.js';
import { listDeliveries, type DeliveryFilter } from './list-deliveries.js';
import { rotateWebhookSecret } from './rotate-webhook-secret.js';
import { sendToWebhook } from './send-to-webhook.js';
import { updateWebhook } from './update-webhook.js';
import { assertMayManageWebhooks } from './webhook-authority.js';
import { parseSequences } from './webhook-fields.js';
import type { WebhookPorts } from './webhook-ports.js';

const testIdLength = 24;

/** A webhook after a change that may have been a repetition: then without its secret. */
export type RepeatableWebhookChange = Pick<WebhookWithSecret, 'record'> & Partial<WebhookWithSecret>;

/** The management of webhooks. All commands throw ApiKeysError `forbidden` to all but admins and the app itself. */
export interface WebhookService {
  create(context: ChangeContext, input: KeyInput): Promise<WebhookWithSecret>;
  /**
   * The same, once for each `Idempotency-Key` of the caller: a repetition within 24 hours returns the webhook as it is by then, without
   * its secret. Also throws `request_in_progress` and `idempotency_key_reused`.
   *
   * @param asked - the input, as it was sent, that determines whether two requests are the same
   */
  createOnce(
    context: ChangeContext,
    idempotencyKey: string,
    input: KeyInput,
    asked: KeyInput,
  ): Promise<RepeatableResult<RepeatableWebhookChange>>;
  get(context: ChangeContext, id: string): Promise<WebhookRecord>;
  /** All of them, by their ids. */
  list(context: ChangeContext): Promise<readonly WebhookRecord[]>;
  update(
    context: ChangeContext,
    id: string,
    input: KeyInput,
    expected?: ExpectedVersion,
  ): Promise<WebhookRecord>;
  /** Removes it, and returns it as it was; what was not delivered is neither sent nor shown any more. */
  delete(context: ChangeContext, id: string, expected?: ExpectedVersion): Promise<WebhookRecord>;
  rotateSecret(
    context: ChangeContext,
    id: string,
    input: KeyInput,
    expected?: ExpectedVersion,
  ): Promise<WebhookWithSecret>;
  /** The same, once for each `Idempotency-Key` of the caller; `asked` as for `createOnce`. */
  rotateSecretOnce(
    context: ChangeContext,
    idempotencyKey: string,
    id: string,
    input: KeyInput,
    expected: ExpectedVersion,
    asked: KeyInput,
  ): Promise<RepeatableResult<RepeatableWebhookChange>>;
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
  const repeatable = new RepeatableChanges(ports);
  const find = async (context: ChangeContext, id: string): Promise<WebhookRecord> => {
    assertMayManageWebhooks(context);
    return requireWebhook(await store.events.findWebhook(id));
  };
  /** A repetition reads only, and must not be open to those who could not make the change. */
  const makeOnce = async (
    context: ChangeContext,
    change: RepeatableChange,
    make: (claim: ClaimName) => Promise<WebhookWithSecret>,
  ): Promise<RepeatableResult<RepeatableWebhookChange>> => {
    assertMayManageWebhooks(context);
    return repeatable.make<RepeatableWebhookChange>(context, change, make, async ({ keyId }) => ({
      record: await find(context, keyId),
    }));
  };
  return {
    create: (context, input) => createWebhook(ports, context, input),
    createOnce: (context, idempotencyKey, input, asked) =>
      makeOnce(
        context,
        { operation: 'create_webhook', subject: null, idempotencyKey, input: asked },
        (claim) => createWebhook(ports, context, input, claim),
      ),
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
      }, createNeutralQueuing(context));
    },
    rotateSecret: (context, id, input, expected) => rotateWebhookSecret(ports, context, id, input, expected),
    rotateSecretOnce: (context, idempotencyKey, id, input, expected, asked) =>
      makeOnce(
        context,
        { operation: 'rotate_webhook_secret', subject: id, idempotencyKey, input: asked },
        (claim) => rotateWebhookSecret(ports, context, id, input, expected, claim),
      ),
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
      if (sequences !== undefined) return store.events.replay(id, sequences, clock.now());
      return replayAll({ events: store.events, clock }, id);
    },
  };
}
