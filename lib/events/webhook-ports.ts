import type { ManagePorts } from '../manage/manage-ports.js';
import type { WebhookSender } from '../ports/webhook-sender.js';

/** What the management of webhooks needs. */
export interface WebhookPorts extends Pick<
  ManagePorts,
  'store' | 'secretSealer' | 'random' | 'cursorSigner' | 'clock' | 'keyspace'
> {
  readonly sender: WebhookSender;
}
