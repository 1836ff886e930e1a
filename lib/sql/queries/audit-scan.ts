import type { Kysely } from 'kysely';
import { unboundedEvents, type AuditQuery, type AuditScan, type EventBounds } from '../../ports/key-store.js';
import { isStorable } from '../../domain/is-storable.js';
import type { Tables } from '../tables.js';

/** Finds the sequence number of the last of the next `rows` entries, from the primary key or one of the indexes alone. */
export async function findEventScanEnd(
  database: Kysely<Tables>,
  { ownerId, keyId, actorId, memberId, before, after }: AuditScan,
  rows: number,
): Promise<number | null> {
  if (!isStorable(ownerId, keyId, actorId, memberId)) return null;
  let events = database.selectFrom('audit_events').select('sequence');
  if (ownerId !== undefined) events = events.where('owner_id', '=', ownerId);
  if (keyId !== undefined) events = events.where('key_id', '=', keyId);
  if (actorId !== undefined) events = events.where('actor_id', '=', actorId);
  if (memberId !== undefined) events = events.where('member_id', '=', memberId);
  if (before !== undefined) events = events.where('sequence', '<', before);
  if (after !== undefined) events = events.where('sequence', '>', after);
  const end = await events
    .orderBy('sequence', after === undefined ? 'desc' : 'asc')
    .offset(rows - 1)
    .limit(1)
    .executeTakeFirst();
  return end?.sequence ?? null;
}

/** Finds between which sequence numbers entries of a time are, from the index `audit_events_by_time` alone. */
export async function findEventBounds(
  database: Kysely<Tables>,
  { from, to }: Pick<AuditQuery, 'from' | 'to'>,
  rows: number,
): Promise<EventBounds> {
  const { first, last } = unboundedEvents;
  const selectByTime = (order: 'asc' | 'desc') =>
    database
      .selectFrom('audit_events')
      .select('sequence')
      .orderBy('at', order)
      .orderBy('sequence', order)
      .limit(rows);
  const findFirst = async (time: number): Promise<number> => {
    const earliest = selectByTime('asc').where('at', '>=', time).as('earliest');
    const lowest = database.selectFrom(earliest).select((eb) => eb.fn.min('sequence').as('sequence'));
    return (await lowest.executeTakeFirst())?.sequence ?? last;
  };
  const findLast = async (time: number): Promise<number> => {
    const latest = selectByTime('desc').where('at', '<', time).as('latest');
    const highest = database.selectFrom(latest).select((eb) => eb.fn.max('sequence').as('sequence'));
    return (await highest.executeTakeFirst())?.sequence ?? first;
  };
  return {
    first: from === undefined ? first : await findFirst(from),
    last: to === undefined ? last : await findLast(to),
  };
}
