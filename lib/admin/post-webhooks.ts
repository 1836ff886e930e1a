import type { Endpoint } from './endpoint.js';
import { presentWebhookSecret } from './present-webhook.js';

/** Adds an endpoint that events are sent to. */
export const postWebhooks: Endpoint = {
  operationId: 'createWebhook',
  summary: 'Add a webhook',
  description:
    'The endpoint gets the events from now on, signed as Standard Webhooks describes it. The secret is shown only once. There can be 100. For admins only.',
  body: { url: 'required', description: 'optional', types: 'optional', enabled: 'optional' },
  answers: {
    201: { description: 'The webhook, with its secret.', schema: 'WebhookWithSecret', headers: ['ETag'] },
  },
  problems: ['not_found', 'conflict'],
  async handle({ webhooks, context, fields, now }) {
    return presentWebhookSecret(201, await webhooks().create(context, fields), now());
  },
};
