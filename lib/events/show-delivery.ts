import type { WebhookDelivery } from '../domain/webhook-delivery.js';
import type { EventDelivery } from '../ports/event-store.js';

/** Shows a delivery, without the body of its event. */
export function showDelivery(delivery: EventDelivery): WebhookDelivery {
  const { sequence, id: eventId, type, isDead, attempts, dueAt, lastStatus, lastError } = delivery;
  return {
    ...{ sequence, eventId, type, state: isDead ? 'dead' : 'waiting', attempts },
    nextAttemptAt: isDead ? null : new Date(dueAt),
    ...{ lastStatus, lastError },
  };
}
