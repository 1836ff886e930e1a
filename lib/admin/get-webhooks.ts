import { toWebhook } from '../domain/webhook.js';
import type { Endpoint } from './endpoint.js';
import { presentPage } from './present-page.js';

/** Lists the endpoints that events are sent to. */
export const getWebhooks: Endpoint = {
  operationId: 'listWebhooks',
  summary: 'List webhooks',
  description: 'All of them, by their ids, on one page. For admins only.',
  answers: { 200: { description: 'The webhooks.', schema: 'WebhookPage' } },
  problems: ['not_found'],
  async handle({ webhooks, context, now }) {
    const items = await webhooks().list(context);
    return presentPage({ items, nextCursor: null }, (record) => toWebhook(record, now()));
  },
};
