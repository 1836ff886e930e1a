import type { OwnerRecord } from '../domain/owner.js';
import { toOwner } from '../domain/owner-view.js';
import type { ChangedOwner } from '../manage/change-owner.js';
import type { EndpointAnswer } from './endpoint.js';

/** Responds with one owner. */
export function presentOwner(record: OwnerRecord): EndpointAnswer {
  return { status: 200, headers: toEtagHeader(record), body: toOwner(record) };
}

/** Responds with a changed owner. 202 means that it may take until `effectiveBy` before every process sees the change. */
export function presentOwnerChange({ record, effectiveBy }: ChangedOwner): EndpointAnswer {
  if (effectiveBy === null) return presentOwner(record);
  const body = { ...toOwner(record), effectiveBy: new Date(effectiveBy) };
  return { status: 202, headers: toEtagHeader(record), body };
}

function toEtagHeader({ version }: OwnerRecord): Record<string, string> {
  return { ETag: `"${version}"` };
}
