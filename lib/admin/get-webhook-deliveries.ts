import { showDelivery } from '../events/show-delivery.js';
import type { Endpoint } from './endpoint.js';
import { presentPage } from './present-page.js';

/** Lists the events that an endpoint has not taken. */
export const getWebhookDeliveries: Endpoint = {
  operationId: 'listWebhookDeliveries',
  summary: 'List what a webhook has not taken',
  description:
    'The oldest first, without the bodies of the events. Deliveries that were given up are kept for 30 days. For admins only.',
  query: ['limit', 'cursor', 'dead'],
  answers: { 200: { description: 'One page of deliveries.', schema: 'WebhookDeliveryPage' } },
  problems: ['not_found'],
  async handle({ webhooks, context, webhookId, conditions }) {
    return presentPage(await webhooks().listDeliveries(context, webhookId, conditions), showDelivery);
  },
};
