import type { Kysely } from 'kysely';
import { unboundedEvents, type AuditQuery, type AuditScan, type EventBounds } from '../../ports/key-store.js';
import { isStorable } from '../../domain/is-storable.js';
import type { Tables } from '../tables.js';
import { selectEventRange } from './select-event-range.js';

/** Finds the sequence number of the last of the next `rows` entries, from the primary key or one of the indexes alone. */
export async function findEventScanEnd(
  database: Kysely<Tables>,
  scan: AuditScan,
  rows: number,
): Promise<number | null> {
  if (!isStorable(scan.ownerId, scan.keyId, scan.actorId, scan.memberId)) return null;
  const end = await selectEventRange(database, scan)
    .select('sequence')
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
