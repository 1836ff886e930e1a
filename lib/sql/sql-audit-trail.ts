import { sql } from 'kysely';
import type { Kysely, Selectable } from 'kysely';
import type { AuditTrail, KeyWithLastEntry, StoredEntry, TrailStart } from '../ports/audit-trail.js';
import type { FeedPosition } from '../ports/change-feed.js';
import type { WithinDeadline } from './sql-change-feed.js';
import { readTrailStart } from './queries/trail-start.js';
import type { SqlDatabase } from './sql-database.js';
import type { AuditEventsTable, Tables } from './tables.js';

/** The stored audit trail on SQLite and PostgreSQL alike. */
export class SqlAuditTrail implements AuditTrail {
  readonly #database: SqlDatabase;
  readonly #within: WithinDeadline;

  constructor(database: SqlDatabase, within: WithinDeadline) {
    this.#database = database;
    this.#within = within;
  }

  head(): Promise<FeedPosition> {
    return this.#read('Reading the head of the audit trail', (on) =>
      on
        .selectFrom('audit_head')
        .select(['sequence', 'hash'])
        .where('id', '=', sql.lit(1))
        .executeTakeFirstOrThrow(),
    );
  }

  start(): Promise<TrailStart> {
    return this.#read('Reading the start of the audit trail', readTrailStart);
  }

  entries(after: number, limit: number): Promise<readonly StoredEntry[]> {
    return this.#read('Reading the audit trail', async (on) => {
      const rows = await on
        .selectFrom('audit_events')
        .selectAll()
        .where('sequence', '>', after)
        .orderBy('sequence')
        .limit(limit)
        .execute();
      return rows.map(toStoredEntry);
    });
  }

  lastEntries(after: string, limit: number): Promise<readonly KeyWithLastEntry[]> {
    return this.#read('Reading the last entries of keys', (on) =>
      on
        .selectFrom('keys')
        .select((eb) => [
          'id as keyId',
          'version',
          eb
            .selectFrom('audit_events')
            .select('payload')
            .whereRef('key_id', '=', 'keys.id')
            .orderBy('sequence', 'desc')
            .limit(1)
            .as('payload'),
        ])
        .where('id', '>', after)
        .orderBy('id')
        .limit(limit)
        .execute(),
    );
  }

  #read<T>(what: string, work: (on: Kysely<Tables>) => Promise<T>): Promise<T> {
    return this.#within(what, (budget) => this.#database.readForRequest(budget, work));
  }
}

function toStoredEntry(row: Selectable<AuditEventsTable>): StoredEntry {
  const {
    sequence,
    owner_id: ownerId,
    action,
    actor_id: actorId,
    member_id: memberId,
    at,
    payload,
    personal,
    hash,
  } = row;
  const keyId = row.key_id === '' ? null : row.key_id;
  return { sequence, keyId, ownerId, action, actorId, memberId, at, payload, personal, hash };
}
