import type { ApiKeyRecord } from '../domain/api-key.js';
import type { WebhookRecord } from '../domain/webhook.js';
import { listAncestors, toKeyAncestor } from '../domain/key-ancestor.js';
import { toOwnerStanding, type OwnerRecord } from '../domain/owner.js';
import type { IdempotencyClaim } from '../ports/idempotency-claims.js';
import type { TrailStart } from '../ports/audit-trail.js';
import type { ExpiryNotice } from '../ports/key-store.js';
import type { StoredEvent } from './memory-change-feed.js';

/** The stored data. It is immutable: a change creates new maps and records. */
export interface MemoryContents {
  readonly keys: ReadonlyMap<string, ApiKeyRecord>;
  /** Keys that were removed: their ids and numbers are not given again. */
  readonly removedKeys: ReadonlyMap<string, RemovedKey>;
  readonly owners: ReadonlyMap<string, OwnerRecord>;
  /** The kept entries of the trail. */
  readonly events: readonly StoredEvent[];
  /** How many entries were removed before them. */
  readonly removedEvents: number;
  readonly trailStart: TrailStart;
  readonly claims: ReadonlyMap<string, IdempotencyClaim>;
  /** Names of notices, see {@link formatNoticeName} -> the end that each is about. */
  readonly expiryNotices: ReadonlyMap<string, number>;
  readonly webhooks: ReadonlyMap<string, MemoryWebhook>;
  /** Revoked tokens -> until when they have to be recorded. */
  readonly revokedTokens: ReadonlyMap<string, number>;
}

/** A webhook, and the entry of the trail after which its queue begins. */
export interface MemoryWebhook {
  readonly record: WebhookRecord;
  readonly since: number;
}

/** What is left of a removed key. */
export type RemovedKey = Pick<ApiKeyRecord, 'keyspace' | 'ownerId' | 'number'>;

/** The name under which a notice is recorded. */
export function formatNoticeName({ keyId, expiresAt, thresholdSeconds }: ExpiryNotice): string {
  return `${thresholdSeconds} ${expiresAt} ${keyId}`;
}

/** Finds a key; with `ownerId`, only if it belongs to that owner. */
export function findVisibleKey(
  contents: Pick<MemoryContents, 'keys' | 'owners'>,
  id: string,
  ownerId: string | undefined,
): ApiKeyRecord | null {
  const record = contents.keys.get(id);
  if (record === undefined || (ownerId !== undefined && record.ownerId !== ownerId)) return null;
  return addLinked(contents, record);
}

/** A key with what its owner and the keys above it may do now: that is stored once for all keys below. */
export function addLinked(
  { keys, owners }: Pick<MemoryContents, 'keys' | 'owners'>,
  record: ApiKeyRecord,
): ApiKeyRecord {
  const owner = toOwnerStanding(owners.get(record.ownerId) ?? null);
  const ancestors = listAncestors(record.parentId, (id) => {
    const above = keys.get(id);
    return above === undefined ? undefined : toKeyAncestor(above);
  });
  return { ...record, owner, ancestors };
}
