import type { OwnerRecord } from '../domain/owner.js';
import { toOwner } from '../domain/owner-view.js';
import type { ChangedOwner } from '../manage/change-owner.js';
import type { RepeatableResult } from '../manage/repeatable-changes.js';
import type { EndpointAnswer } from './endpoint.js';

/** Responds with one owner. */
export function presentOwner(record: OwnerRecord): EndpointAnswer {
  return { status: 200, headers: toEtagHeader(record), body: toOwner(record) };
}

/** Responds with a changed owner. 202 means that it may take until `effectiveBy` before every process sees the change. */
export function presentOwnerChange({ changed, isReplay }: RepeatableResult<ChangedOwner>): EndpointAnswer {
  const { record, effectiveBy } = changed;
  const headers = { ...toEtagHeader(record), ...(isReplay ? { 'Idempotency-Replayed': 'true' } : {}) };
  if (effectiveBy === null) return { ...presentOwner(record), headers };
  return { status: 202, headers, body: { ...toOwner(record), effectiveBy: new Date(effectiveBy) } };
}

function toEtagHeader({ version }: OwnerRecord): Record<string, string> {
  return { ETag: `"${version}"` };
}
