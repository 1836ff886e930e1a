import { sql } from 'kysely';
import type { Expression, Kysely, SelectQueryBuilder, Selectable, SqlBool } from 'kysely';
import type { ApiKeyRecord } from '../../domain/api-key.js';
import type { KeyState } from '../../domain/key-state.js';
import type { SoughtResource } from '../../domain/sought-resource.js';
import type { FeedPosition } from '../../ports/change-feed.js';
import type { KeyPosition, KeyQuery, OwnerKeyCounts } from '../../ports/key-store.js';
import {
  createStaleServerError,
  isServerCurrent,
  isFromStaleServer,
  listPositionParameters,
} from '../position-check.js';
import type { ServerCheck } from '../position-check.js';
import { prepareStatement, type PreparedStatement } from '../prepared-statement.js';
import { selectAncestors } from './ancestor-queries.js';
import { hasInactiveAncestor } from './inactive-ancestors.js';
import { LifetimeConditions } from './lifetime-conditions.js';
import { matchPart } from './match-part.js';
import { toRecords } from './record-mapping.js';
import { selectKeyRange } from './select-key-range.js';
import type { RecordRow } from './record-mapping.js';
import type { SqlDialect } from '../sql-database.js';
import { isStorable } from '../../domain/is-storable.js';
import type { KeysTable, Tables } from '../tables.js';

type KeyRows = SelectQueryBuilder<Tables, 'keys', Selectable<KeysTable>>;

/**
 * Reads one key by its primary key, with `ownerId` only if it belongs to that owner, from a server that has a change.
 * Rejects with `ERR_API_KEYS_UNAVAILABLE` when the server lacks it.
 */
export type FindKeyById = (
  database: Kysely<Tables>,
  position: FeedPosition,
  id: string,
  ownerId?: string,
) => Promise<ApiKeyRecord | null>;

/**
 * The read that every verification may need, compiled once, because compiling it costs as much as running it.
 *
 * @param database - any connection of the store; the read can be run on each of them
 */
export function compileFindKey(database: Kysely<Tables>, dialect: SqlDialect): FindKeyById {
  const byId = database.selectFrom('keys').selectAll().where('keys.id', '=', '');
  const find = findFromServer(database, dialect, byId);
  const findOfOwner = findFromServer(database, dialect, byId.where('keys.owner_id', '=', ''));
  return async (on, position, id, ownerId) => {
    if (!isStorable(id, ownerId)) return null;
    const parameters = [...listPositionParameters(position), id];
    const { rows } = await (ownerId === undefined
      ? find(on, parameters)
      : findOfOwner(on, [...parameters, ownerId]));
    if (isFromStaleServer(rows)) throw createStaleServerError();
    return toRecords(rows.filter((row) => row.id !== null))[0] ?? null;
  };
}

/** The same statement returns whether its server has the change, so it returns a row in any case. */
function findFromServer(
  database: Kysely<Tables>,
  dialect: SqlDialect,
  key: KeyRows,
): PreparedStatement<ServerCheck & (RecordRow | NoRecordRow)> {
  const records = selectRecords(database, dialect, key).select('credential.position as credential_position');
  return prepareStatement(
    database
      .selectFrom(database.selectNoFrom(isServerCurrent(database, dialect)).as('server'))
      .leftJoin(records.as('record'), (join) => join.onTrue())
      .selectAll('record')
      .select('server.is_current')
      .orderBy('record.credential_position', 'desc')
      .orderBy('record.pepper_id'),
  );
}

/** The row in place of a missing key. */
interface NoRecordRow {
  readonly id: null;
}

/** Reads one key by its primary key; with `ownerId`, only if it belongs to that owner. */
export async function findKey(
  database: Kysely<Tables>,
  dialect: SqlDialect,
  id: string,
  ownerId?: string,
): Promise<ApiKeyRecord | null> {
  if (!isStorable(id, ownerId)) return null;
  const byId = database.selectFrom('keys').selectAll().where('keys.id', '=', id);
  const owned = ownerId === undefined ? byId : byId.where('keys.owner_id', '=', ownerId);
  const [record] = await readRecords(database, dialect, owned);
  return record ?? null;
}

/** Reads keys of an owner that were not revoked, newest first; with `keyspace`, only those in it. */
export async function findUnrevokedKeys(
  database: Kysely<Tables>,
  dialect: SqlDialect,
  ownerId: string,
  limit: number,
  keyspace?: string,
): Promise<readonly ApiKeyRecord[]> {
  if (!isStorable(ownerId, keyspace)) return [];
  const unrevoked =
    keyspace === undefined
      ? selectKeyRange(database, { ownerId }).selectAll('keys')
      : selectOfKeyspace(database, ownerId, keyspace).selectAll('keys');
  return readRecords(database, dialect, unrevoked.where('keys.revoked_at', 'is', null).limit(limit));
}

/** Newest first. Only the index `keys_unrevoked_by_keyspace` is in that order; see {@link selectKeyRange}. */
function selectOfKeyspace(database: Kysely<Tables>, ownerId: string, keyspace: string) {
  const ofKeyspace = ['keys.owner_id', 'keys.keyspace'] as const;
  return database
    .selectFrom('keys')
    .where(({ eb, refTuple, tuple }) => eb(refTuple(...ofKeyspace), '<=', tuple(ownerId, keyspace)))
    .where(({ eb, refTuple, tuple }) => eb(refTuple(...ofKeyspace), '>=', tuple(ownerId, keyspace)))
    .orderBy('keys.owner_id', 'desc')
    .orderBy('keys.keyspace', 'desc')
    .orderBy('keys.created_at', 'desc')
    .orderBy('keys.id', 'desc');
}

/**
 * Counts the keys of an owner in one keyspace, and reads the highest number that was assigned.
 *
 * @param enough - where counting stops
 */
export async function countKeysOfOwner(
  database: Kysely<Tables>,
  ownerId: string,
  keyspace: string,
  enough: number | undefined,
): Promise<OwnerKeyCounts> {
  if (!isStorable(ownerId, keyspace)) return { unrevoked: 0, lastNumber: 0 };
  const selectLast = (table: 'keys' | 'removed_keys') =>
    database
      .selectFrom(table)
      .select('number')
      .where('owner_id', '=', ownerId)
      .where('keyspace', '=', keyspace)
      .where('number', 'is not', null)
      .orderBy('number', 'desc')
      .limit(1);
  const unrevoked = database
    .selectFrom('keys')
    .select('id')
    .where('owner_id', '=', ownerId)
    .where('keyspace', '=', keyspace)
    .where('revoked_at', 'is', null)
    .$if(enough !== undefined, (query) => query.limit(enough ?? 0));
  const counts = await database
    .selectFrom(unrevoked.as('counted'))
    .select(({ fn }) => [
      fn.countAll<number>().as('unrevoked'),
      selectLast('keys').as('last_number'),
      selectLast('removed_keys').as('last_removed'),
    ])
    .executeTakeFirst();
  const lastNumber = Math.max(Number(counts?.last_number ?? 0), Number(counts?.last_removed ?? 0));
  return { unrevoked: Number(counts?.unrevoked ?? 0), lastNumber };
}

/** Reads one page of keys, newest first. */
export async function listKeys(
  database: Kysely<Tables>,
  dialect: SqlDialect,
  query: KeyQuery,
): Promise<readonly ApiKeyRecord[]> {
  const { ownerId, keyspace, number, state, scope, q, tag, createdByMember, parentId, resource } = query;
  const { now, after, until, limit } = query;
  const ids = [createdByMember, parentId, resource?.id, after?.id, until?.id];
  if (!isStorable(ownerId, keyspace, scope, q, tag, ...ids)) {
    return [];
  }
  // The number of a key of an owner is one of a kind.
  const isOneOfAKind = ownerId !== undefined && keyspace !== undefined && number !== undefined;
  let page: KeyRows = isOneOfAKind
    ? database.selectFrom('keys').selectAll().where('keys.owner_id', '=', ownerId).orderBy('keys.id')
    : selectKeyRange(database, query).selectAll('keys');
  if (keyspace !== undefined) page = page.where('keys.keyspace', '=', keyspace);
  if (number !== undefined) page = page.where('keys.number', '=', number);
  const lifetime = new LifetimeConditions(dialect, query.enforced);
  if (state !== undefined) page = filterByState(page, state, now, lifetime);
  if (scope !== undefined) page = page.where(listHolds(dialect, 'keys.scopes', scope));
  if (tag !== undefined) page = page.where(listHolds(dialect, 'keys.tags', tag));
  if (createdByMember !== undefined) page = page.where('keys.created_by_member_id', '=', createdByMember);
  if (parentId !== undefined) page = page.where('keys.parent_id', '=', parentId);
  if (query.inactiveAncestor !== undefined) {
    const isRefused = hasInactiveAncestor(database, now, lifetime);
    page = page.where(query.inactiveAncestor ? isRefused : ({ not }) => not(isRefused));
  }
  if (resource !== undefined) page = page.where(isBoundTo(dialect, resource));
  page = filterByTimes(page, query, lifetime);
  if (q !== undefined && q !== '') page = page.where(matchPart('keys.name', q));
  return readRecords(database, dialect, page.limit(limit));
}

/**
 * Finds the position of the last of the next `rows` keys; read from the indexes `keys_by_owner`, `keys_by_member` or
 * `keys_by_time` alone.
 */
export async function findScanEnd(
  database: Kysely<Tables>,
  range: Pick<KeyQuery, 'ownerId' | 'createdByMember' | 'after'>,
  rows: number,
): Promise<KeyPosition | null> {
  if (!isStorable(range.ownerId, range.createdByMember, range.after?.id)) return null;
  const end = await selectKeyRange(database, range)
    .select(['keys.created_at', 'keys.id'])
    .offset(rows - 1)
    .limit(1)
    .executeTakeFirst();
  return end === undefined ? null : { createdAt: end.created_at, id: end.id };
}

async function readRecords(
  database: Kysely<Tables>,
  dialect: SqlDialect,
  keys: KeyRows,
): Promise<readonly ApiKeyRecord[]> {
  return toRecords(await selectRecords(database, dialect, keys).execute());
}

/** Selects keys with their credentials and digests in one statement, newest first. */
function selectRecords(database: Kysely<Tables>, dialect: SqlDialect, keys: KeyRows) {
  return database
    .selectFrom(keys.as('key'))
    .leftJoin('owners as owner', 'owner.owner_id', 'key.owner_id')
    .leftJoin('key_uses as use', 'use.key_id', 'key.id')
    .leftJoin('key_credits as credit', 'credit.key_id', 'key.id')
    .leftJoin('credentials as credential', 'credential.key_id', 'key.id')
    .leftJoin('credential_digests as digest', (join) =>
      join
        .onRef('digest.key_id', '=', 'credential.key_id')
        .onRef('digest.credential_id', '=', 'credential.id'),
    )
    .selectAll('key')
    .select([
      'owner.version as owner_version',
      'owner.suspended_at as owner_suspended_at',
      'owner.plan as owner_plan',
      'owner.overrides as owner_overrides',
      'use.last_used_at',
      'use.use_count',
      'use.last_used_address',
      'credit.remaining',
      'credit.refill_amount',
      'credit.refill_interval_seconds',
      'credit.refilled_at',
      'credential.id as credential_id',
      'credential.kind',
      'credential.bcrypt_hash',
      'credential.secret_check',
      'credential.sealed_secret',
      'credential.algorithm',
      'credential.spki',
      'credential.sha256_fingerprint',
      'credential.md5_fingerprint',
      'credential.created_at as credential_created_at',
      'credential.ended_at',
      'credential.ends_at',
      'credential.grace_from_first_use_seconds',
      'digest.pepper_id',
      'digest.digest',
      selectAncestors(database, dialect),
    ])
    .orderBy('key.created_at', 'desc')
    .orderBy('key.id', 'desc')
    .orderBy('credential.position', 'desc')
    .orderBy('digest.pepper_id');
}

/** The rules of `getKeyState` (lib/domain/key-state.ts), in the same order. */
function filterByState(keys: KeyRows, state: KeyState, now: number, lifetime: LifetimeConditions): KeyRows {
  if (state === 'revoked') return keys.where('keys.revoked_at', 'is not', null);
  const unrevoked = keys.where('keys.revoked_at', 'is', null);
  if (state === 'disabled') return unrevoked.where('keys.enabled', '=', 0);
  const enabled = unrevoked.where('keys.enabled', '=', 1);
  const isExpired = lifetime.isExpired(now);
  return enabled.where(state === 'expired' ? isExpired : ({ not }) => not(isExpired));
}

function filterByTimes(keys: KeyRows, query: KeyQuery, lifetime: LifetimeConditions): KeyRows {
  const { expiresBefore, expiresAfter, unusedSince, withoutExpiryNotice, idle } = query;
  let rows = keys;
  if (expiresBefore !== undefined) rows = rows.where(lifetime.expiresAt, '<', expiresBefore);
  if (expiresAfter !== undefined) rows = rows.where(lifetime.expiresAt, '>', expiresAfter);
  if (unusedSince !== undefined) {
    rows = rows.where(({ eb, fn, selectFrom }) => {
      const lastUse = selectFrom('key_uses as use')
        .select('use.last_used_at')
        .whereRef('use.key_id', '=', 'keys.id');
      return eb(fn.coalesce(lastUse, 'keys.created_at'), '<', unusedSince);
    });
  }
  if (withoutExpiryNotice !== undefined) rows = rows.where(lifetime.lacksNotice(withoutExpiryNotice));
  if (idle !== undefined) rows = rows.where(lifetime.matchIdle(idle));
  return rows;
}

/** Whether a string is an element of a JSON list: the one condition for which the databases have no common syntax. */
function listHolds(
  dialect: SqlDialect,
  column: 'keys.scopes' | 'keys.tags',
  element: string,
): Expression<SqlBool> {
  const list = sql.ref(column);
  return dialect === 'postgres'
    ? sql`exists (select 1 from pg_catalog.jsonb_array_elements_text(${list}::jsonb) as held(element) where held.element = ${element})`
    : sql`exists (select 1 from json_each(${list}) as held where held.value = ${element})`;
}

/** Whether the binding of a key names a resource. A key that is bound to nothing, or not to that kind, has no such list. */
function isBoundTo(dialect: SqlDialect, { kind, id }: SoughtResource): Expression<SqlBool> {
  const binding = sql.ref('keys.resources');
  return dialect === 'postgres'
    ? sql`exists (select 1 from pg_catalog.jsonb_array_elements_text(${binding}::jsonb -> ${kind}::text) as bound(id) where bound.id = ${id})`
    : sql`exists (select 1 from json_each(${binding}, ${`$."${kind}"`}) as bound where bound.value = ${id})`;
}
