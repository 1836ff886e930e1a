import { toWebhook, type WebhookRecord } from '../domain/webhook.js';
import type { WebhookWithSecret } from '../events/create-webhook.js';
import type { DescribedAnswer, EndpointAnswer } from './endpoint.js';

/** The response with one webhook. */
export const webhookAnswer: DescribedAnswer = {
  description: 'The webhook.',
  schema: 'Webhook',
  headers: ['ETag'],
};

/** Responds with one webhook. */
export function presentWebhook(record: WebhookRecord, now: number): EndpointAnswer {
  return { status: 200, headers: toEtagHeader(record), body: toWebhook(record, now) };
}

/** Responds with a webhook and its secret, which is shown once. */
export function presentWebhookSecret(
  status: 200 | 201,
  { record, secret }: WebhookWithSecret,
  now: number,
): EndpointAnswer {
  return { status, headers: toEtagHeader(record), body: { ...toWebhook(record, now), secret } };
}

function toEtagHeader({ version }: WebhookRecord): Record<string, string> {
  return { ETag: `"${version}"` };
}
