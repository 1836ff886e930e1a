import type { ApiKeyRecord } from '../domain/api-key.js';
import { isSecret, type Credential } from '../domain/credential.js';
import { ApiKeysError } from '../errors.js';
import { resealWebhookSecrets, type ResealedWebhooks } from '../events/reseal-webhook-secrets.js';
import { createHmacPurpose } from '../signatures/hmac/hmac-purpose.js';
import { createAuditEntry } from './audit-entry.js';
import { housekeepingQueuing } from './change-queuing.js';
import type { ChangeContext } from './change.js';
import type { ManagePorts } from './manage-ports.js';
import { createNextVersion } from './next-version.js';

/** The result of resealing secrets. */
export interface ResealReport {
  /** The number of keys whose secrets were resealed under the current pepper. */
  readonly resealed: number;
  /** The number of keys with a secret that no configured pepper can open: the key works, but cannot sign. Rotate it. */
  readonly lost: number;
  /** The same numbers for webhooks. One with a lost secret gets nothing: rotate its secret. */
  readonly webhooks: ResealedWebhooks;
}

const pageSize = 100;

/**
 * Reseals the secrets of keys that sign, and those of webhooks, under the current pepper, so that earlier peppers can be removed from
 * the configuration. Works one by one: after a failure, call it again to continue with the rest.
 */
export async function resealSecrets(ports: ManagePorts, context: ChangeContext): Promise<ResealReport> {
  if (context.actor.kind !== 'application') {
    throw new ApiKeysError('forbidden', { detail: 'Only the app itself may reseal secrets.' });
  }
  let resealed = 0;
  let lost = 0;
  let after: ApiKeyRecord | undefined;
  do {
    const page = await ports.store.list({ after, limit: pageSize, now: ports.clock.now() });
    for (const record of page) {
      const outcome = needsSeal(ports, record) ? await resealKey(ports, context, record.id) : 'none';
      if (outcome === 'resealed') resealed += 1;
      if (outcome === 'lost') lost += 1;
    }
    after = page.length < pageSize ? undefined : page.at(-1);
  } while (after !== undefined);
  return { resealed, lost, webhooks: await resealWebhookSecrets(ports, context) };
}

function needsSeal(ports: ManagePorts, { revokedAt, credentials }: ApiKeyRecord): boolean {
  return revokedAt === null && credentials.some((credential) => isSealedUnderOlderPepper(ports, credential));
}

function isSealedUnderOlderPepper({ digester }: ManagePorts, credential: Credential): boolean {
  if (!isSecret(credential) || credential.sealedSecret === null) return false;
  return !credential.sealedSecret.startsWith(`${digester.pepperIds[0]}.`);
}

async function resealKey(
  ports: ManagePorts,
  context: ChangeContext,
  id: string,
): Promise<'resealed' | 'lost' | 'none'> {
  const now = ports.clock.now();
  const committed = await ports.store.transact(async (transaction) => {
    const current = await transaction.find(id);
    if (current === null || !needsSeal(ports, current)) return 'none';
    const credentials = current.credentials.map((credential) => resealCredential(ports, id, credential));
    if (credentials.every((credential, index) => credential === current.credentials[index])) return 'lost';
    const next = createNextVersion(current, { credentials }, now);
    await transaction.update(next, createAuditEntry(context, 'key.updated', next, ['credentials']));
    return { record: next, action: 'key.updated', position: transaction.position } as const;
  }, housekeepingQueuing);
  if (typeof committed === 'string') return committed;
  // Nothing was revoked, so no confirmation is needed.
  ports.changes.announce([committed], now);
  return 'resealed';
}

function resealCredential(ports: ManagePorts, keyId: string, credential: Credential): Credential {
  if (!isSecret(credential) || !isSealedUnderOlderPepper(ports, credential)) return credential;
  const purpose = createHmacPurpose(keyId, credential.id);
  const secret = ports.secretSealer.open(credential.sealedSecret ?? '', purpose);
  return secret === null
    ? credential
    : { ...credential, sealedSecret: ports.secretSealer.seal(secret, purpose) };
}
