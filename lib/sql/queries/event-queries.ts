import { expressionBuilder } from 'kysely';
import type { Expression, Kysely, Selectable, SqlBool } from 'kysely';
import {
  maxDelayMs,
  type AttemptResult,
  type DeliveryQuery,
  type EventDelivery,
  type EventQueue,
  type QueueStep,
} from '../../ports/event-store.js';
import type { QueuedEvent } from '../../domain/api-keys-event.js';
import { isStorable } from '../../domain/is-storable.js';
import type { EventDeliveriesTable, Tables } from '../tables.js';
import { toWebhookRecord } from './webhook-queries.js';

/** Reads every queue with its webhook, by their ids. */
export async function listQueues(database: Kysely<Tables>): Promise<readonly EventQueue[]> {
  const queues = await database
    .selectFrom('event_queues')
    .selectAll()
    .select((eb) => [
      eb.selectFrom('audit_head').select('sequence').where('audit_head.id', '=', 1).as('head'),
      eb
        .selectFrom('event_deliveries')
        .select('sequence')
        .whereRef('queue_id', '=', 'event_queues.id')
        .where('is_dead', '=', 0)
        .orderBy('sequence')
        .limit(1)
        .as('waiting'),
    ])
    .orderBy('id')
    .execute();
  if (queues.length === 0) return [];
  const webhooks = new Map(
    (await database.selectFrom('webhooks').selectAll().execute()).map((row) => [
      row.id,
      toWebhookRecord(row),
    ]),
  );
  return queues.map(({ id, cursor, head, waiting, holder, beat, declared_at: declaredAt }) => ({
    ...{ id, cursor, head: head ?? 0, hasWaiting: waiting !== null, holder, beat, declaredAt },
    webhook: webhooks.get(id) ?? null,
  }));
}

/** Takes or keeps a queue, if its beat is still this one. */
export async function holdQueue(
  database: Kysely<Tables>,
  id: string,
  holder: string,
  beat: number,
): Promise<boolean> {
  const { numUpdatedRows } = await database
    .updateTable('event_queues')
    .set({ holder, beat: beat + 1 })
    .where('id', '=', id)
    .where('beat', '=', beat)
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

export async function deleteHolder(database: Kysely<Tables>, id: string, holder: string): Promise<void> {
  await database
    .updateTable('event_queues')
    .set((eb) => ({ holder: null, beat: eb('beat', '+', 1) }))
    .where('id', '=', id)
    .where('holder', '=', holder)
    .execute();
}

/** Adds deliveries and moves the cursor, if it is still at `from`. */
export async function moveCursor(
  database: Kysely<Tables>,
  { queueId, from, to, events, dead, dueAt }: QueueStep,
): Promise<boolean> {
  const { numUpdatedRows } = await database
    .updateTable('event_queues')
    .set({ cursor: to })
    .where('id', '=', queueId)
    .where('cursor', '=', from)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows !== 1n) return false;
  const toRow = (
    { sequence, id, type, subject, body }: QueuedEvent,
    state: Pick<EventDeliveriesTable, 'is_dead' | 'last_error'>,
  ): EventDeliveriesTable => ({
    ...{ queue_id: queueId, sequence, event_id: id, type, subject, body },
    ...{ attempts: 0, due_at: dueAt, last_status: null, ...state },
  });
  const rows = [
    ...events.map((event) => toRow(event, { is_dead: 0, last_error: null })),
    ...(dead?.events ?? []).map((event) => toRow(event, { is_dead: 1, last_error: dead?.lastError ?? null })),
  ];
  if (rows.length === 0) return true;
  await database.insertInto('event_deliveries').values(rows).execute();
  return true;
}

export async function countWaiting(
  database: Kysely<Tables>,
  queueId: string,
  limit: number,
): Promise<number> {
  const { count } = await database
    .selectFrom((eb) =>
      eb
        .selectFrom('event_deliveries')
        .select('sequence')
        .where('queue_id', '=', queueId)
        .where('is_dead', '=', 0)
        .where(isQueueStored(queueId))
        .limit(limit)
        .as('waiting'),
    )
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return Number(count);
}

export async function countBySubject(
  database: Kysely<Tables>,
  queueId: string,
  subjects: readonly string[],
  isAside: boolean,
): Promise<ReadonlyMap<string, number>> {
  if (subjects.length === 0) return new Map();
  let counted = database
    .selectFrom('event_deliveries')
    .select((eb) => ['subject', eb.fn.countAll<number>().as('count')])
    .where('queue_id', '=', queueId)
    .where('subject', 'in', subjects)
    .where('is_dead', '=', isAside ? 1 : 0)
    .where(isQueueStored(queueId))
    .groupBy('subject');
  if (isAside) counted = counted.where('attempts', '=', 0);
  const rows = await counted.execute();
  return new Map(rows.map(({ subject, count }) => [subject, Number(count)]));
}

/** Due deliveries that no earlier one of their subject precedes. */
export async function listDue(
  database: Kysely<Tables>,
  queueId: string,
  now: number,
  limit: number,
): Promise<readonly EventDelivery[]> {
  const rows = await database
    .selectFrom('event_deliveries as due')
    .selectAll('due')
    .where('due.queue_id', '=', queueId)
    .where('due.is_dead', '=', 0)
    .where(isQueueStored(queueId))
    .where((eb) =>
      eb.or([
        eb('due.due_at', '<=', now),
        eb('due.due_at', '>', now + maxDelayMs),
        eb('due.attempts', '=', 0),
      ]),
    )
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('event_deliveries as earlier')
            .select('earlier.sequence')
            .whereRef('earlier.queue_id', '=', 'due.queue_id')
            .whereRef('earlier.subject', '=', 'due.subject')
            .where('earlier.is_dead', '=', 0)
            .whereRef('earlier.sequence', '<', 'due.sequence'),
        ),
      ),
    )
    .orderBy('due.sequence')
    .limit(limit)
    .execute();
  return rows.map(toDelivery);
}

/** Deletes what was taken, and records the other attempts, unless they were recorded before. */
export async function settleDeliveries(
  database: Kysely<Tables>,
  queueId: string,
  results: readonly AttemptResult[],
): Promise<void> {
  const taken = results.filter(({ isTaken }) => isTaken);
  if (taken.length > 0) {
    await database
      .deleteFrom('event_deliveries')
      .where('queue_id', '=', queueId)
      .where(
        'sequence',
        'in',
        taken.map(({ sequence }) => sequence),
      )
      .where(
        'event_id',
        'in',
        taken.map(({ id }) => id),
      )
      .execute();
  }
  for (const result of results) {
    if (result.isTaken) continue;
    const { sequence, id, attempts, dueAt, isDead, lastStatus, lastError } = result;
    await database
      .updateTable('event_deliveries')
      .set({
        ...{ attempts, due_at: dueAt, is_dead: isDead ? 1 : 0 },
        ...{ last_status: lastStatus, last_error: lastError },
      })
      .where('queue_id', '=', queueId)
      .where('sequence', '=', sequence)
      .where('event_id', '=', id)
      .where('attempts', '=', attempts - 1)
      .where('is_dead', '=', 0)
      .execute();
  }
}

export async function listDeliveries(
  database: Kysely<Tables>,
  { queueId, isDead, isAside, after, limit }: DeliveryQuery,
): Promise<readonly EventDelivery[]> {
  if (!isStorable(queueId)) return [];
  let page = database
    .selectFrom('event_deliveries')
    .selectAll()
    .where('queue_id', '=', queueId)
    .where(isQueueStored(queueId));
  if (isDead !== undefined) page = page.where('is_dead', '=', isDead ? 1 : 0);
  if (isAside) page = page.where('is_dead', '=', 1).where('attempts', '=', 0);
  if (after !== undefined) page = page.where('sequence', '>', after);
  return (await page.orderBy('sequence').limit(limit).execute()).map(toDelivery);
}

/** Lets dead deliveries of a queue wait again. */
export async function replayDeliveries(
  database: Kysely<Tables>,
  queueId: string,
  sequences: readonly number[],
  now: number,
): Promise<number> {
  if (sequences.length === 0 || !isStorable(queueId)) return 0;
  const { numUpdatedRows } = await database
    .updateTable('event_deliveries')
    .set({ is_dead: 0, attempts: 0, due_at: now })
    .where('queue_id', '=', queueId)
    .where('is_dead', '=', 1)
    .where('sequence', 'in', sequences)
    .where(isQueueStored(queueId))
    .executeTakeFirstOrThrow();
  return Number(numUpdatedRows);
}

/** The first id of a queue after another one that has deliveries and is not stored; `undefined` when there is none. */
export async function findOrphanedQueue(
  database: Kysely<Tables>,
  after: string,
): Promise<string | undefined> {
  // One step of the index for each queue that there is, however many deliveries these have.
  for (let last = after; ;) {
    const next = await database
      .selectFrom('event_deliveries')
      .select('queue_id')
      .select((eb) =>
        eb
          .selectFrom('event_queues')
          .select('id')
          .whereRef('event_queues.id', '=', 'event_deliveries.queue_id')
          .as('stored'),
      )
      .where('queue_id', '>', last)
      .orderBy('queue_id')
      .limit(1)
      .executeTakeFirst();
    if (next === undefined || next.stored === null) return next?.queue_id;
    last = next.queue_id;
  }
}

/** Deletes deliveries of a queue that is not stored. One that is declared meanwhile keeps what it gets. */
export async function deleteOrphaned(
  database: Kysely<Tables>,
  queueId: string,
  limit: number,
): Promise<number> {
  const { numDeletedRows } = await database
    .deleteFrom('event_deliveries')
    .where('queue_id', '=', queueId)
    .where('sequence', 'in', (eb) =>
      eb
        .selectFrom('event_deliveries as left')
        .select('left.sequence')
        .where('left.queue_id', '=', queueId)
        .orderBy('left.sequence')
        .limit(limit),
    )
    .where(({ not }) => not(isQueueStored(queueId)))
    .executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}

/** Whether any delivery with that id of a queue is stored, also of one that was removed. */
export async function hasDeliveries(database: Kysely<Tables>, queueId: string): Promise<boolean> {
  const first = await database
    .selectFrom('event_deliveries')
    .select('sequence')
    .where('queue_id', '=', queueId)
    .limit(1)
    .executeTakeFirst();
  return first !== undefined;
}

/** Of a queue that was removed, deliveries may still be stored, which must be neither sent nor shown. */
function isQueueStored(queueId: string): Expression<SqlBool> {
  const { exists, selectFrom } = expressionBuilder<Tables>();
  return exists(selectFrom('event_queues').select('event_queues.id').where('event_queues.id', '=', queueId));
}

/** Deletes deliveries that died before a time, those that died first at first. */
export async function deleteDead(database: Kysely<Tables>, before: number, limit: number): Promise<number> {
  const { numDeletedRows } = await database
    .deleteFrom('event_deliveries')
    .where('is_dead', '=', 1)
    .where(({ eb, refTuple, selectFrom }) =>
      eb(
        refTuple('queue_id', 'sequence'),
        'in',
        selectFrom('event_deliveries as old')
          .select(['old.queue_id', 'old.sequence'])
          .where('old.is_dead', '=', 1)
          .where('old.due_at', '<', before)
          .orderBy('old.due_at')
          .orderBy('old.queue_id')
          .orderBy('old.sequence')
          .limit(limit)
          .$asTuple('queue_id', 'sequence'),
      ),
    )
    .executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}

function toDelivery(row: Selectable<EventDeliveriesTable>): EventDelivery {
  const { sequence, event_id: id, type, subject, body, attempts, due_at: dueAt } = row;
  return {
    ...{ sequence, id, type, subject, body, attempts, dueAt },
    isDead: row.is_dead === 1,
    lastStatus: row.last_status,
    lastError: row.last_error,
  };
}
