import { toWebhook } from '../domain/webhook.js';
import type { Endpoint } from './endpoint.js';

/** Removes an endpoint that events are sent to. */
export const deleteWebhook: Endpoint = {
  operationId: 'deleteWebhook',
  summary: 'Remove a webhook',
  description: 'With all that was not delivered to it. Its changes stay in the audit log. For admins only.',
  headers: ['If-Match'],
  answers: { 200: { description: 'The webhook as it was.', schema: 'Webhook' } },
  problems: ['not_found', 'precondition_failed'],
  async handle({ webhooks, context, webhookId, ifMatch, now }) {
    return { status: 200, body: toWebhook(await webhooks().delete(context, webhookId, ifMatch), now()) };
  },
};
