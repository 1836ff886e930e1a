import type { WebhookRecord } from '../domain/webhook.js';
import type { ChangeContext, ExpectedVersion, KeyInput } from '../manage/change.js';
import { createNeutralQueuing } from '../manage/change-queuing.js';
import { readFields } from '../manage/read-fields.js';
import { claimNothing, type ClaimName } from '../manage/repeatable-changes.js';
import { changeWebhook, type WebhookUpdate } from './change-webhook.js';
import type { WebhookWithSecret } from './create-webhook.js';
import { assertMayManageWebhooks } from './webhook-authority.js';
import { defaultOverlapSeconds, parseOverlapSeconds } from './webhook-fields.js';
import type { WebhookPorts } from './webhook-ports.js';
import { mintWebhookSecret } from './webhook-secrets.js';

/**
 * Gives a webhook a new secret. The one before signs as well for a while; older ones no more.
 *
 * @throws ApiKeysError `invalid_request`, `forbidden`, `not_found`, `precondition_failed`
 */
export async function rotateWebhookSecret(
  ports: WebhookPorts,
  context: ChangeContext,
  id: string,
  input: KeyInput,
  expected?: ExpectedVersion,
  claim: ClaimName = claimNothing,
): Promise<WebhookWithSecret> {
  assertMayManageWebhooks(context);
  const { overlapSeconds = defaultOverlapSeconds } = readFields<{ readonly overlapSeconds: number }>(
    input,
    { overlapSeconds: parseOverlapSeconds },
    [],
  );
  const { secret, stored } = mintWebhookSecret(ports.secretSealer, ports.random, id);
  const decide = ({ secrets: [previous] }: WebhookRecord, now: number): WebhookUpdate => {
    const endsAt = now + overlapSeconds * 1000;
    const kept = previous === undefined || overlapSeconds === 0 ? [] : [{ ...previous, endsAt }];
    return {
      action: 'webhook.secret_rotated',
      changes: { secrets: [stored, ...kept] },
      fields: ['secret'],
    };
  };
  const queuing = createNeutralQueuing(context);
  const record = await changeWebhook(ports, context, id, expected, queuing, decide, claim);
  return { record, secret };
}
