import type { ApiKeyRecord } from '../domain/api-key.js';
import { getExpiresAt, getIdleAt, getMaxIdleDays } from '../domain/key-lifetime.js';
import { resolveEnforced } from '../domain/enforced-lifetime.js';
import { findInactiveAncestor } from '../domain/inactive-ancestor.js';
import { getKeyState } from '../domain/key-state.js';
import { dayMs } from '../domain/day-ms.js';
import { getBoundIds } from '../domain/resource-binding.js';
import type { IdleQuery, KeyPosition, KeyQuery } from '../ports/key-store.js';
import { hasPart } from './has-part.js';
import { addLinked, formatNoticeName, type MemoryContents } from './memory-contents.js';
import { compareNewestFirst } from './newest-first.js';

/** One page of keys, newest first. */
export function listKeysPage(
  { keys, owners, expiryNotices }: Pick<MemoryContents, 'keys' | 'owners' | 'expiryNotices'>,
  query: KeyQuery,
): readonly ApiKeyRecord[] {
  const { withoutExpiryNotice, idle, enforced = {} } = query;
  const isNoticed = (
    keyId: string,
    expiresAt: number | null,
    thresholdSeconds: number | undefined,
  ): boolean =>
    thresholdSeconds !== undefined &&
    expiresAt !== null &&
    expiryNotices.has(formatNoticeName({ keyId, expiresAt, thresholdSeconds }));
  const isWantedNow = (stored: ApiKeyRecord): boolean => {
    const bounds = enforced[stored.keyspace];
    const record =
      bounds === undefined
        ? stored
        : { ...stored, enforced: resolveEnforced(bounds, owners.get(stored.ownerId) ?? null) };
    return (
      isWanted(record, query) &&
      isWantedByAncestors(record) &&
      !isNoticed(record.id, getExpiresAt(record), withoutExpiryNotice) &&
      !isNoticed(record.id, getIdleAt(record), idle?.withoutNotice)
    );
  };
  const isWantedByAncestors = ({ enforced: bounds, ...record }: ApiKeyRecord): boolean => {
    if (query.inactiveAncestor === undefined) return true;
    const { parentId, ancestors } = addLinked({ keys, owners }, record);
    const bounded =
      bounds === undefined ? ancestors : ancestors.map((each) => ({ ...each, enforced: bounds }));
    return (
      (findInactiveAncestor({ parentId, ancestors: bounded }, query.now) !== null) === query.inactiveAncestor
    );
  };
  return [...keys.values()]
    .filter(isWantedNow)
    .sort(compareNewestFirst)
    .slice(0, query.limit)
    .map((record) => addLinked({ keys, owners }, record));
}

/** Where the next so many keys end; `null` when there are fewer. */
export function findScanEnd(
  { keys }: Pick<MemoryContents, 'keys'>,
  { ownerId, after }: Pick<KeyQuery, 'ownerId' | 'after'>,
  rows: number,
): KeyPosition | null {
  const end = [...keys.values()]
    .filter((record) => ownerId === undefined || record.ownerId === ownerId)
    .filter((record) => after === undefined || compareNewestFirst(after, record) < 0)
    .sort(compareNewestFirst)[rows - 1];
  return end === undefined ? null : { createdAt: end.createdAt, id: end.id };
}

function isWanted(record: ApiKeyRecord, query: KeyQuery): boolean {
  const { ownerId, keyspace, number, state, scope, q, createdByMember, now, after, until } = query;
  if (ownerId !== undefined && record.ownerId !== ownerId) return false;
  if (keyspace !== undefined && record.keyspace !== keyspace) return false;
  if (number !== undefined && record.number !== number) return false;
  if (state !== undefined && getKeyState(record, now) !== state) return false;
  if (scope !== undefined && !record.scopes.includes(scope)) return false;
  if (q !== undefined && !hasPart(record.name, q)) return false;
  if (!isWantedByTime(record, query) || !isBoundTo(record, query)) return false;
  if (createdByMember !== undefined && record.createdBy?.memberId !== createdByMember) return false;
  if (query.parentId !== undefined && record.parentId !== query.parentId) return false;
  if (query.tag !== undefined && !record.tags.includes(query.tag)) return false;
  if (until !== undefined && compareNewestFirst(record, until) > 0) return false;
  return after === undefined || compareNewestFirst(after, record) < 0;
}

function isWantedByTime(record: ApiKeyRecord, query: KeyQuery): boolean {
  const { expiresBefore, expiresAfter, unusedSince, idle } = query;
  const { lastUsedAt, createdAt } = record;
  const expiresAt = getExpiresAt(record);
  if (idle !== undefined && !isWantedByIdleEnd(record, idle)) return false;
  if (expiresBefore !== undefined && !(expiresAt !== null && expiresAt < expiresBefore)) return false;
  if (expiresAfter !== undefined && !(expiresAt !== null && expiresAt > expiresAfter)) return false;
  return unusedSince === undefined || (lastUsedAt ?? createdAt) < unusedSince;
}

function isWantedByIdleEnd(record: ApiKeyRecord, { after, before, withoutNotice = 0 }: IdleQuery): boolean {
  const idleAt = getIdleAt(record);
  if (idleAt === null || idleAt <= after || idleAt >= before) return false;
  return (getMaxIdleDays(record) ?? 0) * dayMs >= withoutNotice * 2000;
}

function isBoundTo({ resources }: ApiKeyRecord, { resource }: KeyQuery): boolean {
  return resource === undefined || getBoundIds(resources, resource.kind)?.includes(resource.id) === true;
}
