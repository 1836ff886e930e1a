import type { ApiKeyRecord } from '../domain/api-key.js';
import { ApiKeysError } from '../errors.js';
import type { ExpectedVersion } from './change.js';

/** Creates the record after a change: the next version, whose update time never goes back. */
export function createNextVersion(
  current: ApiKeyRecord,
  changes: Partial<ApiKeyRecord>,
  now: number,
): ApiKeyRecord {
  return {
    ...current,
    ...changes,
    version: current.version + 1,
    updatedAt: Math.max(now, current.updatedAt),
  };
}

/** @throws ApiKeysError `precondition_failed` when the change expects another version (RFC 9110 section 13.1.1) */
export function assertExpectedVersion(current: ApiKeyRecord, expected: ExpectedVersion): void {
  if (expected === undefined || expected === '*' || expected.includes(current.version)) return;
  throw new ApiKeysError('precondition_failed');
}

/** @throws ApiKeysError `conflict`: revoked is final */
export function assertNotRevoked(current: ApiKeyRecord): void {
  if (current.revokedAt === null) return;
  throw new ApiKeysError('conflict', {
    detail: 'This API key is revoked, and that is final. Create another one.',
  });
}
