import { createSecretSealer } from '../crypto/secret-sealer.js';
import type { Pepper } from '../crypto/peppers.js';
import type { WebhookRecord } from '../domain/webhook.js';
import { toCallbackQueueId } from '../events/callback-queue.js';
import { createCallbackDelivery } from '../events/call-receiver.js';
import { disableGoneWebhook } from '../events/disable-gone-webhook.js';
import { EventDispatcher } from '../events/event-dispatcher.js';
import type { Receiver } from '../events/queue-worker.js';
import { sendToWebhook, type SendingPorts } from '../events/send-to-webhook.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import type { KeyStore } from '../ports/key-store.js';
import type { Logger } from '../ports/logger.js';
import { createWebhookSender } from '../webhooks/create-webhook-sender.js';

/** What delivering events needs. */
export interface EventDispatcherParts {
  readonly options: Pick<ResolvedOptions, 'events' | 'clock'>;
  readonly store: KeyStore;
  readonly peppers: readonly [Pepper, ...Pepper[]];
  readonly logger: Logger;
}

/** Creates what delivers events; `null` without the option `events`. Nothing is started yet. */
export function createEventDispatcher(parts: EventDispatcherParts): EventDispatcher | null {
  const { options, store, peppers, logger } = parts;
  const { clock } = options;
  const { callback, webhooks } = options.events;
  if (callback === null && webhooks === null) return null;
  const ownQueue = callback === null ? null : toCallbackQueueId(callback.name);
  const ownReceiver: Receiver | null =
    callback === null
      ? null
      : {
          label: `the callback ${callback.name}`,
          types: callback.types,
          address: null,
          givesUp: false,
          deliver: createCallbackDelivery(callback.deliver),
        };
  const sending: SendingPorts | null =
    webhooks === null
      ? null
      : { sender: createWebhookSender(webhooks), secretSealer: createSecretSealer(peppers), clock };
  return new EventDispatcher({
    store,
    clock,
    logger,
    ownQueue,
    chooseReceiver({ id, webhook }) {
      if (id === ownQueue) return ownReceiver;
      if (webhook?.isEnabled !== true || sending === null) return null;
      return createWebhookReceiver({ store, clock }, sending, webhook);
    },
  });
}

function createWebhookReceiver(
  ports: Parameters<typeof disableGoneWebhook>[0],
  sending: SendingPorts,
  webhook: WebhookRecord,
): Receiver {
  const { id, url, types } = webhook;
  return {
    label: `the webhook ${id}`,
    types,
    address: url,
    givesUp: true,
    async deliver(event, signal) {
      const outcome = await sendToWebhook(sending, webhook, event, signal);
      // When this fails, the next attempt is answered with 410 as well.
      if (outcome.kind === 'gone') await disableGoneWebhook(ports, webhook).catch(() => undefined);
      return outcome;
    },
  };
}
