import { InvalidFieldError } from '../domain/key-fields.js';
import type { ChangeContext } from '../manage/change.js';
import { defaultPageSize, parseCondition, parsePageSize } from '../manage/list-filter.js';
import { readPage, type Page } from '../manage/list-page.js';
import type { ParsedFields } from '../manage/parsed-fields.js';
import { readFields } from '../manage/read-fields.js';
import type { PageFilter } from '../manage/read-list.js';
import type { EventDelivery } from '../ports/event-store.js';
import { requireWebhook } from './change-webhook.js';
import { assertMayManageWebhooks } from './webhook-authority.js';
import type { WebhookPorts } from './webhook-ports.js';

/** The states of a delivery: it will be attempted again, or was given up. */
export const deliveryStates = ['waiting', 'dead'] as const;

/** Which deliveries to list. */
export interface DeliveryFilter extends PageFilter {
  /** `dead`: only those that were given up. Default: all that were not taken. */
  readonly state?: (typeof deliveryStates)[number] | undefined;
}

/** Parses the state of a delivery. */
export function parseDeliveryState(value: unknown): (typeof deliveryStates)[number] {
  const state = deliveryStates.find((each) => each === value);
  if (state !== undefined) return state;
  throw new InvalidFieldError(`must be one of ${deliveryStates.join(', ')}`);
}

/**
 * Lists the events that an endpoint has not taken, the oldest first.
 *
 * @throws ApiKeysError `invalid_request`, `forbidden`, `not_found`
 */
export async function listDeliveries(
  { store, cursorSigner }: WebhookPorts,
  context: ChangeContext,
  id: string,
  filter: DeliveryFilter | ParsedFields,
): Promise<Page<EventDelivery>> {
  assertMayManageWebhooks(context);
  const { limit, cursor, state } = readFields<DeliveryFilter>(
    filter,
    { limit: parsePageSize, cursor: parseCondition, state: parseDeliveryState },
    [],
  );
  requireWebhook(await store.events.findWebhook(id));
  return readPage(cursorSigner, {
    list: 'deliveries',
    conditions: { id, state },
    cursor,
    limit: limit ?? defaultPageSize,
    findEnd: async () => null,
    read: (after, most) =>
      store.events.listDeliveries({
        queueId: id,
        isDead: state === undefined ? undefined : state === 'dead',
        after: after === null ? undefined : Number(after[0]),
        limit: most,
      }),
    positionOf: ({ sequence }) => [sequence],
  });
}
