import type { Endpoint } from './endpoint.js';

/** Attempts again what was given up. */
export const postWebhookReplay: Endpoint = {
  operationId: 'replayWebhookDeliveries',
  summary: 'Deliver again what was given up',
  description: 'From the first attempt on, with the same ids. For admins only.',
  body: { sequences: 'optional' },
  answers: { 200: { description: 'How many deliveries are attempted again.', schema: 'WebhookReplay' } },
  problems: ['not_found'],
  async handle({ webhooks, context, webhookId, fields }) {
    return { status: 200, body: { replayed: await webhooks().replay(context, webhookId, fields) } };
  },
};
