import type { QueuedEvent } from '../domain/api-keys-event.js';
import type { WebhookRecord } from '../domain/webhook.js';
import type { Clock } from '../ports/clock.js';
import type { SecretSealer } from '../ports/secret-sealer.js';
import { WebhookSendError, type WebhookAnswer, type WebhookSender } from '../ports/webhook-sender.js';
import type { AttemptOutcome } from './attempt.js';
import { signWebhook } from './sign-webhook.js';
import { openWebhookSecrets } from './webhook-secrets.js';

/** What sending to webhooks needs. */
export interface SendingPorts {
  readonly sender: WebhookSender;
  readonly secretSealer: SecretSealer;
  readonly clock: Clock;
}

/** Sends one event to one endpoint: a status of 2xx takes it. Never rejects. */
export async function sendToWebhook(
  { sender, secretSealer, clock }: SendingPorts,
  webhook: WebhookRecord,
  { id, body }: Pick<QueuedEvent, 'id' | 'body'>,
  signal: AbortSignal,
): Promise<AttemptOutcome> {
  const now = clock.now();
  const secrets = openWebhookSecrets(secretSealer, webhook, now);
  if (secrets.length === 0) {
    const error = 'no configured pepper opens its secret: rotate it';
    return { kind: 'failed', status: null, error, isReceiverDown: true };
  }
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'express-api-keys',
    ...signWebhook(id, body, secrets, now),
  };
  try {
    return toOutcome(await sender.send({ url: webhook.url, headers, body, signal }), now);
  } catch (error) {
    return {
      kind: 'failed',
      status: null,
      isReceiverDown: true,
      error: error instanceof WebhookSendError ? error.message : 'the request could not be made',
    };
  }
}

function toOutcome({ status, retryAfter }: WebhookAnswer, now: number): AttemptOutcome {
  if (status >= 200 && status < 300) return { kind: 'taken' };
  return {
    kind: status === 410 ? 'gone' : 'failed',
    status,
    error: `answered ${status}`,
    retryAfterMs: readRetryAfter(retryAfter, now),
    isReceiverDown: status === 429 || status >= 500,
  };
}

/** Seconds, or a date (RFC 9110 section 10.2.3); anything else is passed over. */
function readRetryAfter(text: string | null, now: number): number {
  if (text === null) return 0;
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isNaN(ms) ? 0 : Math.max(0, ms);
}
