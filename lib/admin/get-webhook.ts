import type { Endpoint } from './endpoint.js';
import { presentWebhook, webhookAnswer } from './present-webhook.js';

/** Returns one endpoint that events are sent to. */
export const getWebhook: Endpoint = {
  operationId: 'getWebhook',
  summary: 'Read one webhook',
  description: 'For admins only.',
  answers: { 200: webhookAnswer },
  problems: ['not_found'],
  async handle({ webhooks, context, webhookId, now }) {
    return presentWebhook(await webhooks().get(context, webhookId), now());
  },
};
