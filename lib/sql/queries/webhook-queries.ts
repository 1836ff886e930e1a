import type { Kysely, Selectable } from 'kysely';
import { isStorable } from '../../domain/is-storable.js';
import type { SealedWebhookSecret, WebhookRecord } from '../../domain/webhook.js';
import type { Tables, WebhooksTable } from '../tables.js';

/** Reads one webhook. */
export async function findWebhook(database: Kysely<Tables>, id: string): Promise<WebhookRecord | null> {
  if (!isStorable(id)) return null;
  const row = await database.selectFrom('webhooks').selectAll().where('id', '=', id).executeTakeFirst();
  return row === undefined ? null : toWebhookRecord(row);
}

export async function countWebhooks(database: Kysely<Tables>): Promise<number> {
  const { count } = await database
    .selectFrom('webhooks')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Adds or replaces a record; rejects when the stored version is not the previous one. */
export async function writeWebhook(database: Kysely<Tables>, record: WebhookRecord): Promise<void> {
  const { id, version } = record;
  const row = toRow(record);
  if (version === 1) {
    await database.insertInto('webhooks').values(row).execute();
    return;
  }
  const { numUpdatedRows } = await database
    .updateTable('webhooks')
    .set(row)
    .where('id', '=', id)
    .where('version', '=', version - 1)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows !== 1n) throw new Error(`The webhook ${id} is not stored at version ${version - 1}`);
}

/** Adds the queue of a receiver, unless it exists; then it is declared at that time. */
export async function insertQueue(
  database: Kysely<Tables>,
  id: string,
  cursor: number,
  declaredAt: number | null,
): Promise<void> {
  await database
    .insertInto('event_queues')
    .values({ id, cursor, holder: null, beat: 0, declared_at: declaredAt })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ declared_at: declaredAt }))
    .execute();
}

/**
 * Records when the queue of code was declared; from then on, who has read another time cannot remove it.
 *
 * @returns whether it is stored
 */
export async function updateDeclaredAt(
  database: Kysely<Tables>,
  id: string,
  declaredAt: number,
): Promise<boolean> {
  const { numUpdatedRows } = await database
    .updateTable('event_queues')
    .set({ declared_at: declaredAt })
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

/** Removes the queue of code, if it was declared at that time the last time; its deliveries are left to `deleteOrphaned`. */
export async function deleteQueue(
  database: Kysely<Tables>,
  id: string,
  declaredAt: number,
): Promise<boolean> {
  const { numDeletedRows } = await database
    .deleteFrom('event_queues')
    .where('id', '=', id)
    .where('declared_at', '=', declaredAt)
    .executeTakeFirstOrThrow();
  return numDeletedRows === 1n;
}

/**
 * Removes a webhook and its queue; rejects when it is not stored at this version. There may be any number of deliveries, which are left
 * to `deleteOrphaned`.
 */
export async function deleteWebhook(
  database: Kysely<Tables>,
  { id, version }: Pick<WebhookRecord, 'id' | 'version'>,
): Promise<void> {
  const { numDeletedRows } = await database
    .deleteFrom('webhooks')
    .where('id', '=', id)
    .where('version', '=', version)
    .executeTakeFirstOrThrow();
  if (numDeletedRows !== 1n) throw new Error(`The webhook ${id} is not stored at version ${version}`);
  await database.deleteFrom('event_queues').where('id', '=', id).execute();
}

export function toWebhookRecord(row: Selectable<WebhooksTable>): WebhookRecord {
  const { id, url, description, types, secrets, version } = row;
  return {
    ...{ id, url, description, version },
    types: types === null ? null : (JSON.parse(types) as NonNullable<WebhookRecord['types']>),
    isEnabled: row.is_enabled === 1,
    disabledReason: row.disabled_reason as WebhookRecord['disabledReason'],
    secrets: JSON.parse(secrets) as readonly SealedWebhookSecret[],
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function toRow(record: WebhookRecord): Selectable<WebhooksTable> {
  const { id, url, description, types, isEnabled, disabledReason, secrets, version } = record;
  return {
    ...{ id, url, description, version },
    types: types === null ? null : JSON.stringify(types),
    is_enabled: isEnabled ? 1 : 0,
    disabled_reason: disabledReason,
    secrets: JSON.stringify(secrets),
    created_at: record.createdAt,
    updated_at: record.updatedAt,
  };
}
