import { toWebhook, type Webhook } from '../domain/webhook.js';
import type { WebhookDelivery } from '../domain/webhook-delivery.js';
import { InvalidOptionError } from '../errors.js';
import type { WebhookWithSecret } from '../events/create-webhook.js';
import { showDelivery } from '../events/show-delivery.js';
import { showTestResult, type WebhookTestResult } from '../events/show-test-result.js';
import type { WebhookService } from '../events/webhook-service.js';
import { parseCondition } from '../manage/list-filter.js';
import type { Page } from '../manage/list-page.js';
import { readFields } from '../manage/read-fields.js';
import type { Clock } from '../ports/clock.js';
import type { Command } from './bind-commands.js';
import type { CallInput } from './call-input.js';
import { refuseUndefined } from './refuse-undefined.js';
import type { WebhookSecret } from './webhooks-api.js';

/** The commands of `apiKeys.webhooks`. */
export interface WebhookCommands {
  readonly create: Command<WebhookSecret>;
  readonly list: Command<Page<Webhook>>;
  readonly get: Command<Webhook>;
  readonly update: Command<Webhook>;
  readonly delete: Command<Webhook>;
  readonly rotateSecret: Command<WebhookSecret>;
  readonly test: Command<WebhookTestResult>;
  readonly listDeliveries: Command<Page<WebhookDelivery>>;
  readonly replay: Command<{ readonly replayed: number }>;
}

/** Makes the commands from the management service, whose inputs are checked there, and shows what it returns. */
export function createWebhookCommands(
  whenReady: () => Promise<{ readonly webhooks: WebhookService | null }>,
  clock: Clock,
): WebhookCommands {
  const getService = async (): Promise<WebhookService> => {
    const { webhooks } = await whenReady();
    if (webhooks !== null) return webhooks;
    throw new InvalidOptionError('webhooks: there are none without the option events: { webhooks: true }');
  };
  const show = ({ record, secret }: WebhookWithSecret): WebhookSecret => ({
    ...toWebhook(record, clock.now()),
    secret,
  });
  return {
    async create({ what, context }, input) {
      refuseUndefined(what, input);
      return show(await (await getService()).create(context, input));
    },

    async list({ context }, input) {
      readFields(input, {}, []);
      const records = await (await getService()).list(context);
      return { items: records.map((record) => toWebhook(record, clock.now())), nextCursor: null };
    },

    async get({ context }, input) {
      const { id, rest } = readWebhook(input);
      readFields(rest, {}, []);
      return toWebhook(await (await getService()).get(context, id), clock.now());
    },

    async update({ what, context, expected }, input) {
      const { id, rest } = readWebhook(input);
      refuseUndefined(what, rest);
      const service = await getService();
      return toWebhook(await service.update(context, id, rest, expected), clock.now());
    },

    async delete({ context, expected }, input) {
      const { id, rest } = readWebhook(input);
      readFields(rest, {}, []);
      return toWebhook(await (await getService()).delete(context, id, expected), clock.now());
    },

    async rotateSecret({ what, context, expected }, input) {
      const { id, rest } = readWebhook(input);
      refuseUndefined(what, rest);
      return show(await (await getService()).rotateSecret(context, id, rest, expected));
    },

    async test({ context }, input) {
      const { id, rest } = readWebhook(input);
      readFields(rest, {}, []);
      return showTestResult(await (await getService()).test(context, id));
    },

    async listDeliveries({ what, context }, input) {
      const { id, rest } = readWebhook(input);
      refuseUndefined(what, rest);
      const page = await (await getService()).listDeliveries(context, id, rest);
      return { ...page, items: page.items.map(showDelivery) };
    },

    async replay({ what, context }, input) {
      const { id, rest } = readWebhook(input);
      refuseUndefined(what, rest);
      return { replayed: await (await getService()).replay(context, id, rest) };
    },
  };
}

/** Takes the webhook out of the input of a command. @throws ApiKeysError `invalid_request` when there is none */
function readWebhook({ id, ...rest }: CallInput): { readonly id: string; readonly rest: CallInput } {
  return { ...readFields({ id }, { id: parseCondition }, ['id']), rest };
}
