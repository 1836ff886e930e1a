import type { SealedWebhookSecret, WebhookRecord } from '../domain/webhook.js';
import { isProblem } from '../errors.js';
import type { ChangeContext } from '../manage/change.js';
import { housekeepingQueuing } from '../manage/change-queuing.js';
import type { ManagePorts } from '../manage/manage-ports.js';
import { changeWebhook } from './change-webhook.js';
import { resealWebhookSecret } from './webhook-secrets.js';

/** What resealing needs. */
type ResealPorts = Pick<ManagePorts, 'store' | 'clock' | 'digester' | 'secretSealer'>;

/** How many webhooks were resealed, and how many have a secret that no configured pepper opens. */
export interface ResealedWebhooks {
  readonly resealed: number;
  readonly lost: number;
}

/**
 * Reseals the secrets of webhooks under the current pepper, one webhook after the other: after a failure, call it again to continue
 * with the rest. Secrets that sign no more stay as they are.
 */
export async function resealWebhookSecrets(
  ports: ResealPorts,
  context: ChangeContext,
): Promise<ResealedWebhooks> {
  let resealed = 0;
  let lost = 0;
  for (const { webhook } of await ports.store.events.listQueues()) {
    if (webhook === null || !needsSeal(ports, webhook)) continue;
    const outcome = await resealWebhook(ports, context, webhook.id);
    if (outcome === 'resealed') resealed += 1;
    if (outcome === 'lost') lost += 1;
  }
  return { resealed, lost };
}

function needsSeal(ports: ResealPorts, { secrets }: WebhookRecord): boolean {
  return secrets.some((secret) => isSealedUnderOlderPepper(ports, secret));
}

function isSealedUnderOlderPepper(
  { digester, clock }: ResealPorts,
  { sealed, endsAt }: SealedWebhookSecret,
): boolean {
  const isSigning = endsAt === null || endsAt > clock.now();
  return isSigning && !sealed.startsWith(`${digester.pepperIds[0]}.`);
}

async function resealWebhook(
  ports: ResealPorts,
  context: ChangeContext,
  id: string,
): Promise<'resealed' | 'lost' | 'none'> {
  let outcome: 'resealed' | 'lost' | 'none' = 'none';
  try {
    await changeWebhook(ports, context, id, undefined, housekeepingQueuing, (current) => {
      // A transaction may run again.
      outcome = 'none';
      if (!needsSeal(ports, current)) return null;
      const secrets = current.secrets.map((secret) =>
        isSealedUnderOlderPepper(ports, secret)
          ? resealWebhookSecret(ports.secretSealer, id, secret)
          : secret,
      );
      outcome = secrets.every((secret, index) => secret === current.secrets[index]) ? 'lost' : 'resealed';
      return outcome === 'lost'
        ? null
        : { action: 'webhook.updated', changes: { secrets }, fields: ['secret'] };
    });
  } catch (error) {
    // It was removed meanwhile.
    if (isProblem(error, 'not_found')) return 'none';
    throw error;
  }
  return outcome;
}
