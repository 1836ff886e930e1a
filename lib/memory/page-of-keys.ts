import type { ApiKeyRecord } from '../domain/api-key.js';
import { getKeyState } from '../domain/key-state.js';
import type { KeyPosition, KeyQuery } from '../ports/key-store.js';
import { addOwner, formatNoticeName, type MemoryContents } from './memory-contents.js';
import { compareNewestFirst } from './newest-first.js';

/** One page of keys, newest first. */
export function listKeysPage(
  { keys, owners, expiryNotices }: Pick<MemoryContents, 'keys' | 'owners' | 'expiryNotices'>,
  query: KeyQuery,
): readonly ApiKeyRecord[] {
  const { withoutExpiryNotice: thresholdSeconds } = query;
  const isNoticed = ({ id: keyId, expiresAt }: ApiKeyRecord): boolean =>
    thresholdSeconds !== undefined &&
    expiresAt !== null &&
    expiryNotices.has(formatNoticeName({ keyId, expiresAt, thresholdSeconds }));
  return [...keys.values()]
    .filter((record) => isWanted(record, query) && !isNoticed(record))
    .sort(compareNewestFirst)
    .slice(0, query.limit)
    .map((record) => addOwner({ owners }, record));
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
  if (q !== undefined && !toLowerAscii(record.name).includes(toLowerAscii(q))) return false;
  if (!isWantedByTime(record, query)) return false;
  if (createdByMember !== undefined && record.createdBy?.memberId !== createdByMember) return false;
  if (query.tag !== undefined && !record.tags.includes(query.tag)) return false;
  if (until !== undefined && compareNewestFirst(record, until) > 0) return false;
  return after === undefined || compareNewestFirst(after, record) < 0;
}

function isWantedByTime(record: ApiKeyRecord, query: KeyQuery): boolean {
  const { expiresBefore, expiresAfter, unusedSince } = query;
  const { expiresAt, lastUsedAt, createdAt } = record;
  if (expiresBefore !== undefined && !(expiresAt !== null && expiresAt < expiresBefore)) return false;
  if (expiresAfter !== undefined && !(expiresAt !== null && expiresAt > expiresAfter)) return false;
  return unusedSince === undefined || (lastUsedAt ?? createdAt) < unusedSince;
}

function toLowerAscii(value: string): string {
  return value.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
