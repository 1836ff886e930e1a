import type { ApiKeyRecord } from '../domain/api-key.js';
import type { IdempotencyClaim } from '../ports/idempotency-claims.js';
import type { ExpiryNotice } from '../ports/key-store.js';
import type { StoredEvent } from './memory-change-feed.js';

/** The stored data. It is immutable: a change creates new maps and records. */
export interface MemoryContents {
  readonly keys: ReadonlyMap<string, ApiKeyRecord>;
  readonly events: readonly StoredEvent[];
  readonly claims: ReadonlyMap<string, IdempotencyClaim>;
  /** Names of notices, see {@link formatNoticeName}. */
  readonly expiryNotices: ReadonlySet<string>;
  /** Revoked tokens -> until when they have to be recorded. */
  readonly revokedTokens: ReadonlyMap<string, number>;
}

/** The name under which a notice is recorded. */
export function formatNoticeName({ keyId, expiresAt, thresholdSeconds }: ExpiryNotice): string {
  return `${thresholdSeconds} ${expiresAt} ${keyId}`;
}

/** Finds a key; with `ownerId`, only if it belongs to that owner. */
export function findVisibleKey(
  keys: ReadonlyMap<string, ApiKeyRecord>,
  id: string,
  ownerId: string | undefined,
): ApiKeyRecord | null {
  const record = keys.get(id);
  if (record === undefined || (ownerId !== undefined && record.ownerId !== ownerId)) return null;
  return record;
}
