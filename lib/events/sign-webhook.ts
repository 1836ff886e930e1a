import { createHmac } from 'node:crypto';

/** What the secrets of Standard Webhooks begin with; base64 follows. */
export const webhookSecretPrefix = 'whsec_';

/**
 * The headers of a request as Standard Webhooks has them: a signature by each secret over `id.timestamp.body`.
 *
 * @param secrets - the bytes, at least one
 * @param now - epoch milliseconds
 */
export function signWebhook(
  id: string,
  body: string,
  secrets: readonly Uint8Array[],
  now: number,
): Readonly<Record<string, string>> {
  const timestamp = Math.floor(now / 1000);
  const signatures = secrets.map((secret) => {
    const mac = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64');
    return `v1,${mac}`;
  });
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signatures.join(' '),
  };
}
