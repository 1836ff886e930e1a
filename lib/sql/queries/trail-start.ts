import type { Kysely } from 'kysely';
import type { ApiKeyRecord } from '../../domain/api-key.js';
import type { TrailStart } from '../../ports/audit-trail.js';
import type { SqlDialect } from '../sql-database.js';
import type { Tables } from '../tables.js';
import { deleteFound } from './delete-found.js';

/** Reads where the kept part of the trail starts. */
export async function readTrailStart(database: Kysely<Tables>): Promise<TrailStart> {
  return database
    .selectFrom('audit_head')
    .select(['start_sequence as sequence', 'start_hash as hash', 'start_entry as entry'])
    .where('id', '=', 1)
    .executeTakeFirstOrThrow();
}

/** Stores where the kept part of the trail starts. The head is locked. */
export async function writeTrailStart(
  database: Kysely<Tables>,
  { sequence, hash, entry }: TrailStart,
): Promise<void> {
  await database
    .updateTable('audit_head')
    .set({ start_sequence: sequence, start_hash: hash, start_entry: entry })
    .where('id', '=', 1)
    .execute();
}

/** Whether a key is stored at this version. */
export async function isKeyAtVersion(
  database: Kysely<Tables>,
  { id, version }: Pick<ApiKeyRecord, 'id' | 'version'>,
): Promise<boolean> {
  const found = await database
    .selectFrom('keys')
    .select('id')
    .where('id', '=', id)
    .where('version', '=', version)
    .executeTakeFirst();
  return found !== undefined;
}

/** Deletes entries before the start of the trail, oldest first, at most `limit` of them. */
export function deleteTrimmed(database: Kysely<Tables>, dialect: SqlDialect, limit: number): Promise<number> {
  return deleteFound(database, dialect, {
    table: 'audit_events',
    columns: ['sequence'],
    rows: database
      .selectFrom('audit_events as old')
      .select('old.sequence')
      .where('old.sequence', '<=', (on) =>
        on.selectFrom('audit_head').select('start_sequence').where('id', '=', 1),
      )
      .orderBy('old.sequence')
      .limit(limit),
    // In this order, and not before those that another process is deleting: what follows a stored entry is stored.
    locked: 'wait',
  });
}
