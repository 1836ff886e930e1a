import type { Endpoint } from './endpoint.js';
import { presentWebhook, webhookAnswer } from './present-webhook.js';

/** Changes an endpoint that events are sent to. */
export const patchWebhook: Endpoint = {
  operationId: 'updateWebhook',
  summary: 'Change a webhook',
  description:
    'What is left out stays as it is. Processes see the change within a second. One that is enabled again gets what has happened meanwhile. For admins only.',
  body: { url: 'optional', description: 'optional', types: 'optional', enabled: 'optional' },
  bodySchema: { minProperties: 1 },
  headers: ['If-Match'],
  answers: { 200: webhookAnswer },
  problems: ['not_found', 'precondition_failed'],
  async handle({ webhooks, context, webhookId, fields, ifMatch, now }) {
    return presentWebhook(await webhooks().update(context, webhookId, fields, ifMatch), now());
  },
};
