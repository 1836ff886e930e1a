import type { ApiKeyRecord } from '../domain/api-key.js';
import { toApiKey } from '../domain/api-key-view.js';
import type { Changed } from '../manage/change.js';
import type { RepeatableResult } from '../manage/repeatable-changes.js';
import type { EndpointAnswer } from './endpoint.js';

/** Responds with one key. */
export function presentKey(record: ApiKeyRecord, now: number): EndpointAnswer {
  return { status: 200, headers: toEtagHeader(record), body: toApiKey(record, now) };
}

/** Responds with a new key, its location and its token. */
export function presentNewKey(result: RepeatableResult, baseUrl: string, now: number): EndpointAnswer {
  const answer = presentNewSecret(result, now);
  return {
    ...answer,
    status: answer.status === 200 ? 201 : 202,
    headers: { ...answer.headers, Location: `${baseUrl}/keys/${result.changed.record.id}` },
  };
}

/** Responds with a changed key and its new token; without the token if an earlier request made the change. */
export function presentNewSecret({ changed, isReplay }: RepeatableResult, now: number): EndpointAnswer {
  const answer = presentChange(changed, now);
  if (isReplay) return { ...answer, headers: { ...answer.headers, 'Idempotency-Replayed': 'true' } };
  // A key with a public key has no token.
  const secret = changed.token === null ? {} : { key: changed.token };
  return { ...answer, body: { ...answer.body, ...secret } };
}

/** Responds with a changed key. 202 means that it may take until `effectiveBy` before every process sees the change. */
export function presentChange(changed: Changed, now: number): EndpointAnswer {
  return {
    status: changed.effectiveBy === null ? 200 : 202,
    headers: toEtagHeader(changed.record),
    body: presentChanged(changed, now),
  };
}

function presentChanged({ record, effectiveBy }: Changed, now: number): object {
  const view = toApiKey(record, now);
  return effectiveBy === null ? view : { ...view, effectiveBy: new Date(effectiveBy) };
}

/** `If-Match` is compared with the version, strongly (RFC 9110 section 13.1.1). */
function toEtagHeader(record: ApiKeyRecord): Record<string, string> {
  return { ETag: `"${record.version}"` };
}
