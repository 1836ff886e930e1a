import { parseEnabled } from '../domain/key-fields.js';
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

/** Which deliveries to list. */
export interface DeliveryFilter extends PageFilter {
  /** Only those that were given up, or only those that are attempted again. Default: both. */
  readonly dead?: boolean | undefined;
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
  const { limit, cursor, dead } = readFields<DeliveryFilter>(
    filter,
    { limit: parsePageSize, cursor: parseCondition, dead: parseEnabled },
    [],
  );
  requireWebhook(await store.events.findWebhook(id));
  return readPage(cursorSigner, {
    list: 'deliveries',
    conditions: { id, dead },
    cursor,
    limit: limit ?? defaultPageSize,
    findEnd: async () => null,
    read: (after, most) =>
      store.events.listDeliveries({
        queueId: id,
        isDead: dead,
        after: after === null ? undefined : Number(after[0]),
        limit: most,
      }),
    positionOf: ({ sequence }) => [sequence],
  });
}
