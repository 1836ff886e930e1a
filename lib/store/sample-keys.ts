import type { AccessEntry } from '../domain/access-entry.js';
import type { ApiKeyRecord } from '../domain/api-key.js';
import type { AuditAction, AuditEntryDraft } from '../domain/audit-entry.js';
import type { PublicKeyCredential, SecretCredential } from '../domain/credential.js';
import type { ObservedRefusal } from '../domain/observed-refusal.js';
import { createKeyFieldDefaults } from '../domain/key-field-table.js';
import type { OwnerRecord } from '../domain/owner.js';
import type { KeyStore, KeyUse } from '../ports/key-store.js';

/** When sample keys are created. Epoch milliseconds. */
export const sampleTime: number = Date.UTC(2026, 0, 1);

/** A credential as a store keeps it; the hashes only look like some. */
export function createSampleCredential(changes: Partial<SecretCredential> = {}): SecretCredential {
  return {
    id: 'credential01',
    kind: 'secret',
    bcryptHash: `$2b$10$${'a'.repeat(53)}`,
    secretCheck: '0a1b2c3d',
    digests: { c0ffee: 'd'.repeat(64) },
    createdAt: sampleTime,
    endedAt: null,
    endsAt: null,
    graceFromFirstUseSeconds: null,
    sealedSecret: null,
    ...changes,
  };
}

/** A public key as a store keeps it; it only looks like one. */
export function createSamplePublicKey(changes: Partial<PublicKeyCredential> = {}): PublicKeyCredential {
  return {
    id: 'credential02',
    kind: 'public-key',
    algorithm: 'ed25519',
    spki: `MCowBQYDK2VwAyEA${'a'.repeat(43)}=`,
    sha256Fingerprint: 'f'.repeat(64),
    md5Fingerprint: Array.from({ length: 16 }, () => '9c').join(':'),
    createdAt: sampleTime,
    endedAt: null,
    endsAt: null,
    graceFromFirstUseSeconds: null,
    ...changes,
  };
}

/** A key as a store keeps it. */
export function createSampleKey(changes: Partial<ApiKeyRecord> = {}): ApiKeyRecord {
  return {
    ...createKeyFieldDefaults(),
    id: 'key0000000000001',
    keyspace: 'default',
    ownerId: 'owner-1',
    number: null,
    name: 'Orders',
    scopes: ['orders:read'],
    environment: 'live',
    revokedAt: null,
    revocationReason: null,
    revocationComment: null,
    rateLimits: [],
    hasCredits: false,
    maxIdleDays: null,
    activatedAt: sampleTime,
    hint: { prefix: 'acme_live_', lastFour: '7xYz' },
    version: 1,
    createdAt: sampleTime,
    createdBy: null,
    updatedAt: sampleTime,
    lastUsedAt: null,
    useCount: 0,
    lastUsedAddress: null,
    credits: null,
    parentId: null,
    ancestors: [],
    owner: null,
    credentials: [createSampleCredential()],
    ...changes,
  };
}

/** The next version of a key. */
export function createNextVersion(record: ApiKeyRecord, changes: Partial<ApiKeyRecord> = {}): ApiKeyRecord {
  return { ...record, version: record.version + 1, updatedAt: record.updatedAt + 1, ...changes };
}

/** The event that goes with a change of a key. */
export function createSampleEvent(
  record: ApiKeyRecord,
  changes: Partial<AuditEntryDraft> = {},
): AuditEntryDraft {
  const action: AuditAction = record.version === 1 ? 'key.created' : 'key.updated';
  return {
    action,
    keyId: record.id,
    keyspace: record.keyspace,
    ownerId: record.ownerId,
    keyVersion: record.version,
    changedFields: record.version === 1 ? [] : ['name'],
    actor: { kind: 'admin', id: 'admin-1' },
    address: '203.0.113.7',
    requestId: 'request-1',
    at: record.updatedAt,
    ...changes,
  };
}

/** An owner as a store keeps it. */
export function createSampleOwner(changes: Partial<OwnerRecord> = {}): OwnerRecord {
  return {
    ownerId: 'owner-1',
    plan: null,
    overrides: null,
    suspendedAt: sampleTime,
    suspensionReason: 'Unpaid',
    version: 1,
    createdAt: sampleTime,
    updatedAt: sampleTime,
    ...changes,
  };
}

/** The event that goes with a change of an owner. */
export function createSampleOwnerEvent(record: OwnerRecord): AuditEntryDraft {
  return {
    action: record.suspendedAt === null ? 'owner.resumed' : 'owner.suspended',
    keyId: null,
    keyspace: null,
    ownerId: record.ownerId,
    keyVersion: null,
    ownerVersion: record.version,
    changedFields: ['suspendedAt'],
    actor: { kind: 'admin', id: 'admin-1' },
    address: null,
    requestId: null,
    at: record.updatedAt,
  };
}

/** A refused request as an access log keeps it. */
export function createSampleAccess(changes: Partial<AccessEntry> = {}): AccessEntry {
  return {
    id: 'access0000000001',
    action: 'access.refused',
    code: 'key_revoked',
    at: sampleTime,
    lastAt: sampleTime,
    count: 1,
    keyId: 'key0000000000001',
    ownerId: 'owner-1',
    actor: { kind: 'owner', id: 'owner-1' },
    address: '203.0.113.7',
    method: 'GET',
    route: '/orders/:id',
    requestId: 'request-1',
    ...changes,
  };
}

/** Requests that were observed in one hour, as a store keeps them. */
export function createSampleObserved(changes: Partial<ObservedRefusal> = {}): ObservedRefusal {
  return {
    hour: sampleTime,
    method: 'GET',
    route: '/orders/:id',
    code: 'key_revoked',
    keyId: 'key0000000000001',
    ownerId: 'owner-1',
    count: 1,
    firstAt: sampleTime,
    lastAt: sampleTime,
    ...changes,
  };
}

/** Stores a new key. */
export async function insert(store: KeyStore, ...records: readonly ApiKeyRecord[]): Promise<void> {
  for (const record of records) {
    await store.transact((transaction) => transaction.insert(record, createSampleEvent(record)));
  }
}

/** Stores a key's next version. */
export async function update(store: KeyStore, record: ApiKeyRecord): Promise<void> {
  await store.transact((transaction) => transaction.update(record, createSampleEvent(record)));
}

/** A use of a key that was allowed. */
export function createSampleUse(changes: Partial<KeyUse> = {}): KeyUse {
  return {
    keyId: createSampleKey().id,
    at: sampleTime,
    count: 1,
    verdict: 'allowed',
    address: null,
    parts: [],
    ...changes,
  };
}
