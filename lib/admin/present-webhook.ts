import { toWebhook, type WebhookRecord } from '../domain/webhook.js';
import type { RepeatableWebhookChange } from '../events/webhook-service.js';
import type { RepeatableResult } from '../manage/repeatable-changes.js';
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

/** Responds with a webhook and its new secret; without the secret if an earlier request made the change. */
export function presentWebhookSecret(
  status: 200 | 201,
  { changed: { record, secret }, isReplay }: RepeatableResult<RepeatableWebhookChange>,
  now: number,
): EndpointAnswer {
  const headers = toEtagHeader(record);
  const body = toWebhook(record, now);
  return isReplay
    ? { status, headers: { ...headers, 'Idempotency-Replayed': 'true' }, body }
    : { status, headers, body: { ...body, secret } };
}

function toEtagHeader({ version }: WebhookRecord): Record<string, string> {
  return { ETag: `"${version}"` };
}
