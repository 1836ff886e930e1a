import { sql } from 'kysely';
import type { Kysely, QueryCreator } from 'kysely';
import type { AuditEntry, AuditEntryDraft } from '../../domain/audit-entry.js';
import { hashAuditEntry, serializeAuditEntry, parseAuditEntry } from '../../ports/audit-chain.js';
import type { FeedPosition } from '../../ports/change-feed.js';
import type { AuditQuery } from '../../ports/key-store.js';
import { isServerCurrent, type ServerCheck } from '../position-check.js';
import type { SqlDialect } from '../sql-database.js';
import { isStorable } from '../../domain/is-storable.js';
import type { Tables } from '../tables.js';
import { chooseIndex, selectEventRange } from './select-event-range.js';

/** The head of the trail, and whether the server that has it is the one that this process has followed. */
export type AuditHead = FeedPosition & ServerCheck;

/**
 * Locks the head of the trail until the transaction ends, and reads it. On SQLite the transaction itself is the lock.
 *
 * @param seen - the last change that this process has seen
 */
export async function lockAuditHead(
  database: Kysely<Tables>,
  dialect: SqlDialect,
  seen: FeedPosition,
): Promise<AuditHead> {
  return database
    .selectFrom('audit_head')
    .select(['sequence', 'hash', isServerCurrent(database, dialect, seen)])
    .where('id', '=', 1)
    .$if(dialect === 'postgres', (query) => query.forUpdate())
    .executeTakeFirstOrThrow();
}

/**
 * Waits until no change is in progress, and lets none begin until the transaction ends; other transactions may do the
 * same meanwhile. On SQLite the transaction itself is enough.
 */
export async function holdOffChanges(database: Kysely<Tables>, dialect: SqlDialect): Promise<void> {
  if (dialect === 'sqlite') return;
  await database.selectFrom('audit_head').select('id').where('id', '=', 1).forShare().execute();
}

/** Adds one entry after the head and returns the new head, which {@link moveAuditHead} must store. */
export async function appendEvent(
  database: Kysely<Tables>,
  head: FeedPosition,
  event: AuditEntryDraft,
): Promise<FeedPosition> {
  const sequence = head.sequence + 1;
  const { payload, personal } = serializeAuditEntry(event, sequence);
  const hash = hashAuditEntry(head.hash, payload);
  const { keyId, ownerId, action, actor, at } = event;
  await database
    .insertInto('audit_events')
    .values({
      sequence,
      key_id: keyId ?? '',
      owner_id: ownerId,
      action,
      actor_id: actor.id,
      member_id: actor.memberId ?? null,
      at,
      payload,
      personal,
      hash,
    })
    .execute();
  return { sequence, hash };
}

/**
 * Stores the head of the trail and, with a channel, notifies its listeners in the same round trip. PostgreSQL sends
 * the message when the transaction commits, and not at all when it does not.
 */
export async function moveAuditHead(
  database: Kysely<Tables>,
  head: FeedPosition,
  channel: string | null,
): Promise<void> {
  const { sequence, hash } = head;
  const move = (on: UpdatesTables) =>
    on.updateTable('audit_head').set({ sequence, hash }).where('id', '=', 1);
  if (channel === null) {
    await move(database).execute();
    return;
  }
  const notified = sql<string>`pg_catalog.pg_notify(${channel}, ${String(sequence)})`.as('notified');
  await database
    .with('moved', (on) => move(on))
    .selectNoFrom(notified)
    .execute();
}

type UpdatesTables = Pick<QueryCreator<Tables>, 'updateTable'>;

/** Reads one page of the trail: newest first, or from `after` on oldest first. */
export async function listAuditEvents(
  database: Kysely<Tables>,
  query: AuditQuery,
): Promise<readonly AuditEntry[]> {
  const { ownerId, keyId, action, actorId, memberId, from, to, limit } = query;
  if (!isStorable(ownerId, keyId, action, actorId, memberId)) return [];
  let page = selectEventRange(database, query).select(['payload', 'personal', 'hash']);
  const by = chooseIndex(query);
  if (ownerId !== undefined && by !== 'ownerId') page = page.where('owner_id', '=', ownerId);
  if (keyId !== undefined && by !== 'keyId') page = page.where('key_id', '=', keyId);
  if (action !== undefined) page = page.where('action', '=', action);
  if (actorId !== undefined && by !== 'actorId') page = page.where('actor_id', '=', actorId);
  if (memberId !== undefined && by !== 'memberId') page = page.where('member_id', '=', memberId);
  if (from !== undefined) page = page.where('at', '>=', from);
  if (to !== undefined) page = page.where('at', '<', to);
  const rows = await page.limit(limit).execute();
  return rows.map((row) => parseAuditEntry(row, row.hash));
}
