import type { Endpoint } from './endpoint.js';
import { presentWebhookSecret } from './present-webhook.js';

/** Makes a new secret for an endpoint. */
export const postWebhookRotateSecret: Endpoint = {
  operationId: 'rotateWebhookSecret',
  summary: 'Rotate the secret of a webhook',
  description:
    'The new secret is shown only once. For `overlapSeconds`, requests have two signatures, and those who verify either of them accept them. For admins only.',
  body: { overlapSeconds: 'optional' },
  headers: ['If-Match', 'Idempotency-Key'],
  answers: {
    200: {
      description: 'The webhook, with its new secret.',
      schema: 'WebhookWithSecret',
      headers: ['ETag', 'Idempotency-Replayed'],
    },
  },
  problems: ['not_found', 'precondition_failed', 'request_in_progress', 'idempotency_key_reused'],
  async handle({ webhooks, context, webhookId, fields, body, ifMatch, idempotencyKey, now }) {
    const result =
      idempotencyKey === undefined
        ? { changed: await webhooks().rotateSecret(context, webhookId, fields, ifMatch), isReplay: false }
        : await webhooks().rotateSecretOnce(context, idempotencyKey, webhookId, fields, ifMatch, body);
    return presentWebhookSecret(200, result, now());
  },
};
