import { showTestResult } from '../events/show-test-result.js';
import type { Endpoint } from './endpoint.js';

/** Sends a test event to an endpoint. */
export const postWebhookTest: Endpoint = {
  operationId: 'testWebhook',
  summary: 'Send a test event to a webhook',
  description:
    'Sends an event `webhook.test` at once and waits for the answer, also while the webhook is disabled. It is not repeated. For admins only.',
  answers: { 200: { description: 'What came of it.', schema: 'WebhookTestResult' } },
  problems: ['not_found'],
  async handle({ webhooks, context, webhookId }) {
    return { status: 200, body: showTestResult(await webhooks().test(context, webhookId)) };
  },
};
