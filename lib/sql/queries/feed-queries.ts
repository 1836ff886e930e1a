import { setImmediate as nextTurn } from 'node:timers/promises';
import { sql } from 'kysely';
import type { AliasedExpression, Kysely, Selectable } from 'kysely';
import type { AuditAction } from '../../domain/audit-entry.js';
import { startOfFeed } from '../../ports/change-feed.js';
import type { BeatAnswer, FeedChange, FeedPosition, Instance, ListedBeat } from '../../ports/change-feed.js';
import { keptCommit } from '../postgres/keep-commit.js';
import {
  createStaleServerError,
  isFromStaleServer,
  isServerCurrent,
  listPositionParameters,
  type ServerCheck,
} from '../position-check.js';
import { prepareStatement } from '../prepared-statement.js';
import type { ServerHistory } from '../server-history.js';
import type { SqlDialect } from '../sql-database.js';
import type { InstancesTable, Tables } from '../tables.js';

/** The statements of the feed, compiled once, because some run many times a second. */
export interface FeedQueries {
  join(on: Kysely<Tables>, instance: Pick<Instance, 'id' | 'acked' | 'leaseMs'>): Promise<void>;
  leave(on: Kysely<Tables>, instanceId: string): Promise<void>;
  beat(on: Kysely<Tables>, instanceId: string, applied: FeedPosition, limit: number): Promise<SqlBeatAnswer>;
  latest(on: Kysely<Tables>, limit: number): Promise<readonly FeedChange[]>;
  /** From a server that has a change, as {@link FeedQueries.instances}. */
  lastSequence(on: Kysely<Tables>, position: FeedPosition): Promise<number>;
  /** Rejects with `ERR_API_KEYS_UNAVAILABLE` when the server lacks the change. */
  instances(on: Kysely<Tables>, position: FeedPosition): Promise<readonly Instance[]>;
  remove(on: Kysely<Tables>, instance: Pick<Instance, 'id' | 'beat'>): Promise<boolean>;
}

/** The number of changes in one statement of {@link FeedQueries.latest}, which blocks the event loop on SQLite. */
const changesPerStatement = 500;

interface ChangeRow {
  readonly sequence: number;
  readonly key_id: string;
  readonly owner_id: string;
  readonly version: number;
  readonly action: string;
  readonly hash: string;
}

/** The row in place of an empty list. */
interface NoInstance {
  readonly id: null;
}

type BeatRow = { readonly [C in keyof ChangeRow]: ChangeRow[C] | null } & NextRow & {
    readonly known: number | null;
    readonly is_history_recorded: number;
  };

/** The next process after one, and the first on the list: another one than it, or none. */
interface NextRow {
  readonly next_id: string | null;
  readonly next_beat: number | null;
  readonly next_lease_ms: number | null;
  readonly first_id: string | null;
  readonly first_beat: number | null;
  readonly first_lease_ms: number | null;
}

/** The result of a beat, and what it has found out about the server. */
export interface SqlBeatAnswer extends BeatAnswer {
  /** `false` when the server continues another history than the one that is stored. */
  readonly isHistoryRecorded: boolean;
}

/**
 * @param database - any connection of the store; the statements can be run on each of them
 * @param history - of the server that answers
 */
export function compileFeedQueries(
  database: Kysely<Tables>,
  dialect: SqlDialect,
  history: Pick<ServerHistory, 'isRecorded'>,
): FeedQueries {
  const join = prepareStatement(
    database
      .insertInto('instances')
      .values({ id: '', beat: 0, acked: 0, lease_ms: 0 })
      .onConflict((conflict) => conflict.column('id').doNothing()),
  );
  const leave = prepareStatement(database.deleteFrom('instances').where('id', '=', ''));
  const remove = prepareStatement(
    database.deleteFrom('instances').where('id', '=', '').where('beat', '=', 0),
  );
  const isCurrent = isServerCurrent(database, dialect);
  const instances = prepareStatement<ServerCheck & (Selectable<InstancesTable> | NoInstance)>(
    database
      .selectFrom(database.selectNoFrom(isCurrent).as('server'))
      .leftJoin('instances as instance', (on) => on.onTrue())
      .selectAll('instance')
      .select('server.is_current'),
  );
  const head = prepareStatement<ServerCheck & { sequence: number }>(
    database.selectFrom('audit_head').select([isCurrent, 'sequence']).where('id', '=', sql.lit(1)),
  );
  const latest = prepareStatement<ChangeRow>(
    selectChanges(database, dialect).where('sequence', '<', 0).orderBy('sequence', 'desc').limit(1),
  );

  return {
    beat: dialect === 'postgres' ? beatInOneStatement(database, history) : beatInTransaction(database),
    async join(on, { id, acked, leaseMs }) {
      await join(on, [id, 0, acked, leaseMs]);
    },
    async leave(on, instanceId) {
      await leave(on, [instanceId]);
    },
    async latest(on, limit) {
      const newestFirst: ChangeRow[] = [];
      for (;;) {
        const below = newestFirst.at(-1)?.sequence ?? Number.MAX_SAFE_INTEGER;
        const wanted = Math.min(limit - newestFirst.length, changesPerStatement);
        const { rows } = await latest(on, [below, wanted]);
        newestFirst.push(...rows);
        if (rows.length < wanted || newestFirst.length === limit) break;
        await nextTurn();
      }
      return newestFirst.reverse().map(toFeedChange);
    },
    async lastSequence(on, position) {
      const { rows } = await head(on, listPositionParameters(position));
      if (isFromStaleServer(rows)) throw createStaleServerError();
      return rows[0]?.sequence ?? 0;
    },
    async instances(on, position) {
      const { rows } = await instances(on, listPositionParameters(position));
      if (isFromStaleServer(rows)) throw createStaleServerError();
      const listed = rows.filter((row) => row.id !== null);
      return listed.map(({ id, beat, acked, lease_ms: leaseMs, place }) => ({
        id,
        beat,
        acked,
        leaseMs,
        place,
      }));
    },
    async remove(on, { id, beat }) {
      const { numAffectedRows } = await remove(on, [id, beat]);
      return numAffectedRows === 1n;
    },
  };
}

/** Reads the longest lease on the list; 0 when it is empty. */
export async function readMaxLease(database: Kysely<Tables>): Promise<number> {
  const { longest } = await database
    .selectFrom('instances')
    .select((eb) => eb.fn.max<number | null>('lease_ms').as('longest'))
    .executeTakeFirstOrThrow();
  return longest ?? 0;
}

/** The result for a process that has to join again. */
export const notListed: SqlBeatAnswer = {
  isListed: false,
  isKnown: false,
  changes: [],
  isHistoryRecorded: true,
};

/**
 * PostgreSQL: the update and the reads of one statement see one snapshot of the database. A row that was deleted
 * before the statement, or while it waited for the row, is not updated and returns nothing; and a delete that waited
 * for the update evaluates its condition again, finds another `beat` and deletes nothing.
 */
function beatInOneStatement(
  database: Kysely<Tables>,
  history: Pick<ServerHistory, 'isRecorded'>,
): FeedQueries['beat'] {
  const beat = prepareStatement<BeatRow>(
    database
      .with('known', () => selectEntryAt(database))
      .with('listed', (on) =>
        on
          .updateTable('instances')
          .set((eb) => ({
            beat: eb('beat', '+', sql.lit(1)),
            // Without such an entry it is null, which `greatest` ignores.
            acked: eb.fn<number>('greatest', ['acked', on.selectFrom('known').select('known.sequence')]),
          }))
          .where('id', '=', '')
          .returning('id'),
      )
      .selectFrom('listed')
      .leftJoin(
        (eb) =>
          eb
            .selectFrom('audit_events')
            .select(['sequence', 'key_id', 'owner_id', 'action', 'hash', selectVersion('postgres')])
            .where('sequence', '>', 0)
            .orderBy('sequence')
            .limit(1)
            .as('change'),
        (on) => on.onTrue(),
      )
      .leftJoin(selectBeat(database, '>').as('next'), (on) => on.onTrue())
      .leftJoin(selectBeat(database, '<').as('first'), (on) => on.onTrue())
      .select([
        ...nextColumns,
        'change.sequence',
        'change.key_id',
        'change.owner_id',
        'change.version',
        'change.action',
        'change.hash',
      ])
      .select((eb) => [
        eb.selectFrom('known').select('known.sequence').as('known'),
        history.isRecorded(database),
        // A beat that is lost would look as if its process had not sent it.
        keptCommit,
      ])
      .orderBy('change.sequence'),
  );
  return async (on, instanceId, applied, limit) => {
    const { sequence, hash } = applied;
    // In the order of the statement.
    const { rows } = await beat(on, [sequence, hash, instanceId, sequence, limit, instanceId, instanceId]);
    const [first] = rows;
    if (first === undefined) return notListed;
    const changes = rows.filter((row): row is typeof row & ChangeRow => row.sequence !== null);
    const answer = createBeatAnswer(applied, first.known !== null, changes, first);
    return { ...answer, isHistoryRecorded: first.is_history_recorded === 1 };
  };
}

/** SQLite: run it in a transaction that has taken the write lock, so that nothing changes between the steps. */
function beatInTransaction(database: Kysely<Tables>): FeedQueries['beat'] {
  const beat = prepareStatement(
    database
      .updateTable('instances')
      .set((eb) => ({
        beat: eb('beat', '+', sql.lit(1)),
        acked: eb.fn<number>('max', ['acked', eb.val(0)]),
      }))
      .where('id', '=', ''),
  );
  const entry = prepareStatement<{ sequence: number }>(selectEntryAt(database));
  const after = prepareStatement<ChangeRow>(
    selectChanges(database, 'sqlite').where('sequence', '>', 0).orderBy('sequence').limit(1),
  );
  const next = prepareStatement<NextRow>(
    database
      .selectFrom(database.selectNoFrom(always).as('always'))
      .leftJoin(selectBeat(database, '>').as('next'), (on) => on.onTrue())
      .leftJoin(selectBeat(database, '<').as('first'), (on) => on.onTrue())
      .select(nextColumns),
  );
  return async (on, instanceId, applied, limit) => {
    const { sequence, hash } = applied;
    const known = (await entry(on, [sequence, hash])).rows[0];
    const { numAffectedRows } = await beat(on, [known?.sequence ?? 0, instanceId]);
    if (numAffectedRows !== 1n) return notListed;
    const { rows } = await after(on, [sequence, limit]);
    const [found] = (await next(on, [instanceId, instanceId])).rows;
    return { ...createBeatAnswer(applied, known !== undefined, rows, found), isHistoryRecorded: true };
  };
}

/**
 * Selects the entry with this sequence number and this hash, if there is one: a process that followed the database
 * before it was restored has applied changes that do not exist now, or other changes than those that have their
 * numbers now.
 */
function selectEntryAt(database: Kysely<Tables>) {
  return database
    .selectFrom('audit_events as applied')
    .select('applied.sequence')
    .where('applied.sequence', '=', 0)
    .where('applied.hash', '=', '');
}

const nextColumns = [
  'next.id as next_id',
  'next.beat as next_beat',
  'next.lease_ms as next_lease_ms',
  'first.id as first_id',
  'first.beat as first_beat',
  'first.lease_ms as first_lease_ms',
] as const;

/** One row, to which others are joined. */
const one = sql.lit(1);
const always = one.as('one');

/** Selects the nearest process after one, or the first one before it: one row of an index. */
function selectBeat(database: Kysely<Tables>, comparison: '<' | '>') {
  return database
    .selectFrom('instances')
    .select(['id', 'beat', 'lease_ms'])
    .where('id', comparison, '')
    .orderBy('id')
    .limit(sql.lit(1));
}

function toListedBeat(row: NextRow | undefined): ListedBeat | null {
  if (row === undefined) return null;
  const { next_id: nextId, first_id: firstId } = row;
  if (nextId !== null) return { id: nextId, beat: row.next_beat ?? 0, leaseMs: row.next_lease_ms ?? 0 };
  if (firstId !== null) return { id: firstId, beat: row.first_beat ?? 0, leaseMs: row.first_lease_ms ?? 0 };
  return null;
}

/** Before the first change there is no entry to find. What follows it may have been removed by retention. */
function createBeatAnswer(
  { sequence, hash }: FeedPosition,
  isStored: boolean,
  changes: readonly ChangeRow[],
  next: NextRow | undefined,
): BeatAnswer {
  const isStart = sequence === startOfFeed.sequence && hash === startOfFeed.hash;
  const [following] = changes;
  const isGapless = following === undefined || following.sequence === sequence + 1;
  return {
    isListed: true,
    isKnown: (isStored || isStart) && isGapless,
    changes: changes.map(toFeedChange),
    next: toListedBeat(next),
  };
}

function selectChanges(database: Kysely<Tables>, dialect: SqlDialect) {
  return database
    .selectFrom('audit_events')
    .select(['sequence', 'key_id', 'owner_id', 'action', 'hash', selectVersion(dialect)]);
}

/** Extracted from the payload by the database, because parsing thousands of payloads would block the event loop. */
function selectVersion(dialect: SqlDialect): AliasedExpression<number, 'version'> {
  const payload = sql.ref('payload');
  return dialect === 'postgres'
    ? sql<number>`coalesce(${payload}::json ->> 'keyVersion', ${payload}::json ->> 'ownerVersion')::bigint`.as(
        'version',
      )
    : sql<number>`coalesce(json_extract(${payload}, '$.keyVersion'), json_extract(${payload}, '$.ownerVersion'))`.as(
        'version',
      );
}

function toFeedChange(row: ChangeRow): FeedChange {
  const { sequence, key_id: keyId, owner_id: ownerId, version, hash } = row;
  const action = row.action as AuditAction;
  return keyId === ''
    ? { sequence, keyId: null, ownerId, ownerVersion: version, action, hash }
    : { sequence, keyId, keyVersion: version, action, hash };
}
