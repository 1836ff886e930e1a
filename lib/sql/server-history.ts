import { sql } from 'kysely';
import type { AliasedExpression, Kysely } from 'kysely';
import { getErrorCode } from '../domain/error-code.js';
import { maxUnlistedLeaseMs } from '../domain/lease-bounds.js';
import type { FeedPosition } from '../ports/change-feed.js';
import { createStaleServerError, isFromStaleServer, isServerCurrent } from './position-check.js';
import { lockAuditHead, type AuditHead } from './queries/audit-queries.js';
import { postgresTime } from './queries/database-clock.js';
import type { SqlDatabase, SqlDialect } from './sql-database.js';
import type { Tables } from './tables.js';
import type { TimeBudget } from './time-budget.js';

/** What a change finds when it has the lock on the head. */
export interface LockedHead {
  readonly head: FeedPosition;
  /** Whether the server has the last change that this process has seen; otherwise no change may be made on it. */
  readonly isCurrent: boolean;
  /** As in `KeyStoreTransaction`. */
  readonly unlistedLeaseMs: number;
}

/**
 * The history that a PostgreSQL server continues: its cluster, and the timeline at which it writes. Each promotion and
 * each recovery to a point in time begins a timeline; a restart keeps it. Not from `pg_control_checkpoint()`, which
 * lags behind a promotion.
 * https://www.postgresql.org/docs/current/continuous-archiving.html#BACKUP-TIMELINES
 */
const present = sql<string>`(select cast(control.system_identifier as text) from pg_catalog.pg_control_system() as control) || '/' || pg_catalog."left"(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 8)`;

const neededFunctions = ['pg_control_system', 'pg_walfile_name', 'pg_current_wal_lsn'];

/**
 * Notices that a server has taken over from another one. The list of processes is replicated like everything else: on a
 * standby that lagged behind, it lacks the processes that joined last, and the last beats of the others. So for as long
 * as any of them may go on with its caches, no change is reported as applied everywhere.
 *
 * The history is stored beside the head of the trail, with the time of the server at which it was found to be another
 * one. Each change compares it under its lock, so that processes which start later know as well.
 */
export class ServerHistory {
  readonly #dialect: SqlDialect;
  #isReadable = false;

  constructor(dialect: SqlDialect) {
    this.#dialect = dialect;
  }

  /** Finds out whether this server says which history it continues. An SQLite file has one only. */
  async open(database: SqlDatabase, budget: TimeBudget): Promise<void> {
    this.#isReadable = await database.read(budget, (on) => canReadHistory(on, this.#dialect));
  }

  /**
   * Finds out again, after a statement has failed that asks for it: a server may have lost the functions, or the user the right to
   * call them.
   *
   * @returns whether the server no longer says it, so that statements have to be compiled again
   */
  async reopenAfter(error: unknown, database: SqlDatabase, budget: TimeBudget): Promise<boolean> {
    if (!this.#isReadable || !isAnswered(error)) return false;
    await this.open(database, budget);
    return !this.#isReadable;
  }

  /**
   * Locks the head of the trail until the transaction ends, reads it, and records a history that is another one.
   *
   * @param seen - the last change that this process has seen
   */
  async lockHead(on: Kysely<Tables>, seen: FeedPosition): Promise<LockedHead> {
    if (!this.#isReadable) return toLockedHead(await lockAuditHead(on, this.#dialect, seen), 0);
    const row = await selectHead(on)
      .select(isServerCurrent(on, this.#dialect, seen))
      .forUpdate()
      .executeTakeFirstOrThrow();
    const unlistedLeaseMs = readUnlistedLease(row);
    if (unlistedLeaseMs !== null) return toLockedHead(row, unlistedLeaseMs);
    const locked = toLockedHead(row, maxUnlistedLeaseMs);
    if (locked.isCurrent) await writeHistory(on, row.continued, row.now);
    return locked;
  }

  /** Whether every process that may use its caches is on the list. */
  async isListComplete(on: Kysely<Tables>): Promise<boolean> {
    if (!this.#isReadable) return true;
    return readUnlistedLease(await selectHead(on).executeTakeFirstOrThrow()) === 0;
  }

  /** A column of any statement: 0 when the server continues another history than the stored one, else 1. */
  isRecorded(on: Kysely<Tables>): AliasedExpression<number, 'is_history_recorded'> {
    if (!this.#isReadable) return sql<number>`1`.as('is_history_recorded');
    const stored = on.selectFrom('audit_head').select('history').where('id', '=', sql.lit(1));
    return sql<number>`case when ${stored} = ${present} then 1 else 0 end`.as('is_history_recorded');
  }

  /**
   * A column of any statement: for how long the server has continued its history, in milliseconds by its own clock; -1 when
   * it continues another one than the stored one. `null`: it does not say.
   */
  continuedFor(on: Kysely<Tables>): AliasedExpression<number | null, 'continued_for'> {
    if (!this.#isReadable) return sql<null>`null`.as('continued_for');
    const since = on
      .selectFrom('audit_head')
      .select(
        sql<number>`case when ${sql.ref('history')} = ${present} then greatest(${postgresTime} - ${sql.ref('history_since')}, -1) else -1 end`.as(
          'continued_for',
        ),
      )
      .where('id', '=', sql.lit(1));
    return sql<number>`(${since})`.as('continued_for');
  }
}

function toLockedHead(row: AuditHead, unlistedLeaseMs: number): LockedHead {
  const { sequence, hash } = row;
  return { head: { sequence, hash }, isCurrent: !isFromStaleServer([row]), unlistedLeaseMs };
}

function selectHead(on: Kysely<Tables>) {
  return on
    .selectFrom('audit_head')
    .select(['sequence', 'hash', 'history', 'history_since', present.as('continued'), postgresTime.as('now')])
    .where('id', '=', 1);
}

type HeadRow = Awaited<ReturnType<ReturnType<typeof selectHead>['executeTakeFirstOrThrow']>>;

/** How much longer a process may go on that is not listed, in milliseconds; `null` when that begins now. */
function readUnlistedLease({ history, history_since: since, continued, now }: HeadRow): number | null {
  // With a clock that was set back, the end would be far away.
  if (history !== continued || now < since) return null;
  return Math.max(0, since + maxUnlistedLeaseMs - now);
}

/** Records the history that a server continues when the tables get a place for it: so far, nothing has taken over. */
export async function writeFirstHistory(on: Kysely<Tables>, dialect: SqlDialect): Promise<void> {
  if (!(await hasNeededFunctions(on, dialect))) return;
  // Some servers have these functions and refuse to carry them out; the migration goes on without them.
  await sql`savepoint before_history`.execute(on);
  try {
    const { continued } = await on.selectNoFrom(present.as('continued')).executeTakeFirstOrThrow();
    await writeHistory(on, continued, 0);
  } catch (error) {
    if (!isAnswered(error)) throw error;
    await sql`rollback to savepoint before_history`.execute(on);
  }
}

/**
 * Whether a server says which history it continues: some that speak PostgreSQL's protocol have no such functions, and
 * some providers keep them from their customers.
 *
 * @throws ApiKeysError `unavailable`, by a rejection, on a standby: it continues none before it is promoted
 */
export async function canReadHistory(on: Kysely<Tables>, dialect: SqlDialect): Promise<boolean> {
  if (!(await hasNeededFunctions(on, dialect))) return false;
  const unlessStandby = sql<
    string | null
  >`case when pg_catalog.pg_is_in_recovery() then null else ${present} end`;
  try {
    const { continued } = await on.selectNoFrom(unlessStandby.as('continued')).executeTakeFirstOrThrow();
    if (continued !== null) return true;
  } catch (error) {
    if (isAnswered(error)) return false;
    throw error;
  }
  throw createStaleServerError();
}

async function hasNeededFunctions(on: Kysely<Tables>, dialect: SqlDialect): Promise<boolean> {
  if (dialect === 'sqlite') return false;
  const { rows } = await sql<{ callable: number }>`
    select count(distinct f.proname) as callable
    from pg_catalog.pg_proc as f join pg_catalog.pg_namespace as n on n.oid = f.pronamespace
    where n.nspname = 'pg_catalog' and f.proname in (${sql.join(neededFunctions)})
      and pg_catalog.has_function_privilege(f.oid, 'EXECUTE')`.execute(on);
  return rows[0]?.callable === neededFunctions.length;
}

/** Errors of connections, of authorization, of conflicts, of resources and of a shutdown: the next attempt may succeed. */
const passingClasses: readonly string[] = ['08', '25', '28', '40', '53', '57'];

/** Whether an error is the reply of the server that it cannot do this. */
function isAnswered(error: unknown): boolean {
  for (let cause = error; typeof cause === 'object' && cause !== null; cause = (cause as Error).cause) {
    if ('severity' in cause) return !passingClasses.includes(getErrorCode(cause)?.slice(0, 2) ?? '08');
  }
  return false;
}

async function writeHistory(on: Kysely<Tables>, history: string, since: number): Promise<void> {
  await on.updateTable('audit_head').set({ history, history_since: since }).where('id', '=', 1).execute();
}
