import type { WebhookRecord } from '../domain/webhook.js';
import type { ChangeContext } from '../manage/change.js';
import { housekeepingQueuing } from '../manage/change-queuing.js';
import { changeWebhook } from './change-webhook.js';
import type { WebhookPorts } from './webhook-ports.js';

const byApplication: ChangeContext = {
  actor: { kind: 'application' },
  address: null,
  requestId: null,
  managementScope: null,
};

/** Disables an endpoint that has answered 410 Gone, unless it was disabled before, or has been moved since. */
export async function disableGoneWebhook(
  ports: Pick<WebhookPorts, 'store' | 'clock'>,
  { id, url }: Pick<WebhookRecord, 'id' | 'url'>,
): Promise<void> {
  await changeWebhook(ports, byApplication, id, undefined, housekeepingQueuing, (current) =>
    current.isEnabled && current.url === url
      ? {
          action: 'webhook.disabled',
          changes: { isEnabled: false, disabledReason: 'gone' },
          fields: ['enabled'],
        }
      : null,
  );
}
