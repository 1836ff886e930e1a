import type { Endpoint } from './endpoint.js';
import { presentWebhookSecret } from './present-webhook.js';

/** Adds an endpoint that events are sent to. */
export const postWebhooks: Endpoint = {
  operationId: 'createWebhook',
  summary: 'Add a webhook',
  description:
    'The endpoint gets the events from now on, signed as Standard Webhooks describes it. The secret is shown only once. There can be 100. For admins only.',
  headers: ['Idempotency-Key'],
  body: { url: 'required', description: 'optional', types: 'optional', enabled: 'optional' },
  answers: {
    201: {
      description: 'The webhook, with its secret.',
      schema: 'WebhookWithSecret',
      headers: ['ETag', 'Idempotency-Replayed'],
    },
  },
  problems: ['not_found', 'conflict', 'request_in_progress', 'idempotency_key_reused'],
  async handle({ webhooks, context, fields, body, idempotencyKey, now }) {
    const result =
      idempotencyKey === undefined
        ? { changed: await webhooks().create(context, fields), isReplay: false }
        : await webhooks().createOnce(context, idempotencyKey, fields, body);
    return presentWebhookSecret(201, result, now());
  },
};
