import type { SealedWebhookSecret, WebhookRecord } from '../domain/webhook.js';
import type { RandomSource } from '../ports/random-source.js';
import type { SecretSealer } from '../ports/secret-sealer.js';
import { webhookSecretPrefix } from './sign-webhook.js';

/** 190 bits; Standard Webhooks wants 24 to 64 bytes. */
const secretLength = 32;

/** A new secret: as it is shown once, and as it is stored. */
export function mintWebhookSecret(
  sealer: SecretSealer,
  random: Pick<RandomSource, 'base62'>,
  webhookId: string,
): { readonly secret: string; readonly stored: SealedWebhookSecret } {
  const bytes = Buffer.from(random.base62(secretLength));
  return {
    secret: `${webhookSecretPrefix}${bytes.toString('base64')}`,
    stored: { sealed: sealer.seal(bytes, createPurpose(webhookId)), endsAt: null },
  };
}

/** The secrets that sign now, the newest first. Those that no configured pepper opens are left out. */
export function openWebhookSecrets(
  sealer: SecretSealer,
  { id, secrets }: Pick<WebhookRecord, 'id' | 'secrets'>,
  now: number,
): readonly Buffer[] {
  return secrets
    .filter(({ endsAt }) => endsAt === null || endsAt > now)
    .map(({ sealed }) => sealer.open(sealed, createPurpose(id)))
    .filter((secret) => secret !== null);
}

/** The same secret, sealed under the current pepper; itself when no configured pepper opens it. */
export function resealWebhookSecret(
  sealer: SecretSealer,
  webhookId: string,
  stored: SealedWebhookSecret,
): SealedWebhookSecret {
  const purpose = createPurpose(webhookId);
  const secret = sealer.open(stored.sealed, purpose);
  return secret === null ? stored : { ...stored, sealed: sealer.seal(secret, purpose) };
}

function createPurpose(webhookId: string): string {
  return `webhook secret ${webhookId}`;
}
