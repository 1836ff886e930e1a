import type { Kysely, SelectQueryBuilder } from 'kysely';
import type { AuditQuery } from '../../ports/key-store.js';
import type { Tables } from '../tables.js';

type EventRows = SelectQueryBuilder<Tables, 'audit_events', object>;

/** The conditions that an index finds entries by, the one that most likely has the fewest first. */
const columns = {
  keyId: 'key_id',
  ownerId: 'owner_id',
  memberId: 'member_id',
  actorId: 'actor_id',
} as const;

type Condition = keyof typeof columns;

/**
 * Selects the entries between two sequence numbers, in the order of their numbers: all of them, or those with one condition of the
 * query, the one that its entries were counted off by.
 *
 * That condition is compared as a range and stands in the order, so that only its own index is in that order. Compared as equal,
 * it would be left out of the order: PostgreSQL may then read the entries of everybody by number and discard those of others.
 */
export function selectEventRange(database: Kysely<Tables>, query: Omit<AuditQuery, 'limit'>): EventRows {
  const { before, after, until } = query;
  const direction = after === undefined ? 'desc' : 'asc';
  const [lowest, highest] = direction === 'asc' ? [undefined, until] : [until, undefined];
  let events: EventRows = database.selectFrom('audit_events');
  const condition = chooseIndex(query);
  const value = condition === undefined ? undefined : query[condition];
  if (condition === undefined || value === undefined) {
    if (before !== undefined) events = events.where('sequence', '<', before);
    if (highest !== undefined) events = events.where('sequence', '<=', highest);
    if (after !== undefined) events = events.where('sequence', '>', after);
    if (lowest !== undefined) events = events.where('sequence', '>=', lowest);
    return events.orderBy('sequence', direction);
  }
  const column = columns[condition];
  const compare = (operator: '<' | '<=' | '>' | '>=', sequence: number): void => {
    events = events.where(({ eb, refTuple, tuple }) =>
      eb(refTuple(column, 'sequence'), operator, tuple(value, sequence)),
    );
  };
  if (before !== undefined) compare('<', before);
  if (highest !== undefined) compare('<=', highest);
  if (before === undefined && highest === undefined) events = events.where(column, '<=', value);
  if (after !== undefined) compare('>', after);
  if (lowest !== undefined) compare('>=', lowest);
  if (after === undefined && lowest === undefined) events = events.where(column, '>=', value);
  return events.orderBy(column, direction).orderBy('sequence', direction);
}

/** The condition whose index the entries of a query are read from; none: the primary key. */
export function chooseIndex(query: Pick<AuditQuery, Condition | 'countedBy'>): Condition | undefined {
  if (query.countedBy !== undefined && query[query.countedBy] !== undefined) return query.countedBy;
  return (Object.keys(columns) as Condition[]).find((condition) => query[condition] !== undefined);
}
