import type { ApiKeyRecord } from './api-key.js';
import type { AuditActor } from './audit-entry.js';
import { hasCredentialEnded } from './credential.js';
import { refillCredits, type Credits } from './credits.js';
import { findInactiveAncestor, type InactiveAncestor } from './inactive-ancestor.js';
import { keyFieldNames, type KeyFields, type SettableKeyFields } from './key-field-table.js';
import { getExpiresAt, getIdleAt, getMaxIdleDays } from './key-lifetime.js';
import { getKeyState, type KeyState } from './key-state.js';
import { toShownPublicKey, getSigningKind, type ShownPublicKey } from './shown-public-key.js';
import type { ResourceBinding } from './resource-binding.js';
import type { RevocationReason } from './revocation-reason.js';

/** The public view of a key: no credentials, and the current state. In JSON, times are RFC 3339 strings. */
export interface ApiKey extends Omit<SettableKeyFields, 'expiresAt'> {
  readonly id: string;
  readonly keyspace: string;
  /** Its number among the owner's keys; `null` unless the keyspace numbers keys. */
  readonly number: number | null;
  readonly state: KeyState;
  /** `null`: never expires. */
  readonly expiresAt: Date | null;
  /** For how many days it may stay unused; `null`: for ever. */
  readonly maxIdleDays: number | null;
  /** When it is refused unless it is used before; moves on with every use. `null`: never. */
  readonly idleAt: Date | null;
  /** The beginning and the last four characters of the token, for example `acme_live_…x7Qa`. */
  readonly hint: string;
  /** How requests can be signed with the key: by its private key, by its secret (HMAC), or not at all (`null`). */
  readonly signing: 'public-key' | 'hmac' | null;
  /** The newest public key; `null` for a key that has a secret. */
  readonly publicKey: ShownPublicKey | null;
  /** When the secret before the last rotation stops working; `null` if it no longer works, or its end is not known yet. */
  readonly previousSecretEndsAt: Date | null;
  /**
   * Set until the newest secret is first used after its rotation: from that first use on, the secrets before it keep
   * working for this many seconds. Until then they do not expire.
   */
  readonly graceFromFirstUseSeconds: number | null;
  readonly version: number;
  readonly createdAt: Date;
  /** The author of its creation: an actor, or the app's own code. `null` for keys from before authors were recorded. */
  readonly createdBy: AuditActor | null;
  /** The id of the key that made it, with which it ends and which bounds what it may do; `null`: none. */
  readonly parentId: string | null;
  /**
   * The key above it because of which it is refused, whatever its own `state` is: of several the one whose state decides, and of
   * these the closest. `null`: none.
   */
  readonly inactiveAncestor: InactiveAncestor | null;
  readonly updatedAt: Date;
  readonly revokedAt: Date | null;
  readonly revocationReason: RevocationReason | null;
  readonly revocationComment: string | null;
  readonly lastUsedAt: Date | null;
  /** How many requests it authenticated; written in batches, so the most recent uses may be missing. */
  readonly useCount: number;
  /** The address of its last use; written in batches, so the most recent one may be missing. */
  readonly lastUsedAddress: string | null;
}

type ReadOnlyField = Exclude<keyof ApiKey, keyof KeyFields | 'enabled'>;

const readOnly: Readonly<Record<ReadOnlyField, true>> = {
  id: true,
  keyspace: true,
  ownerId: true,
  number: true,
  environment: true,
  state: true,
  maxIdleDays: true,
  idleAt: true,
  hint: true,
  signing: true,
  publicKey: true,
  previousSecretEndsAt: true,
  graceFromFirstUseSeconds: true,
  version: true,
  createdAt: true,
  createdBy: true,
  parentId: true,
  inactiveAncestor: true,
  updatedAt: true,
  revokedAt: true,
  revocationReason: true,
  revocationComment: true,
  lastUsedAt: true,
  useCount: true,
  lastUsedAddress: true,
};

/** The names of the fields of the public view that a change cannot set. */
export const readOnlyFieldNames: readonly string[] = Object.keys(readOnly);

/**
 * Returns the public view of a stored key. This is the only place that exposes a record, and it does so field by field.
 *
 * @param now - epoch milliseconds; determines the state
 */
export function toApiKey(record: ApiKeyRecord, now: number): ApiKey {
  const { name, description, scopes, ...others } = getShownFields(record, now);
  return {
    id: record.id,
    keyspace: record.keyspace,
    ownerId: record.ownerId,
    number: record.number,
    name,
    description,
    scopes,
    environment: record.environment,
    state: getKeyState(record, now),
    enabled: record.enabled,
    ...others,
    maxIdleDays: getMaxIdleDays(record),
    idleAt: toDateOrNull(getIdleAt(record)),
    hint: `${record.hint.prefix}…${record.hint.lastFour}`,
    signing: getSigningKind(record),
    publicKey: toShownPublicKey(record),
    previousSecretEndsAt: toDateOrNull(getEndOfRetiringSecret(record, now)),
    graceFromFirstUseSeconds: getGraceFromFirstUse(record),
    version: record.version,
    createdAt: new Date(record.createdAt),
    createdBy: record.createdBy === null ? null : { ...record.createdBy },
    parentId: record.parentId,
    inactiveAncestor: findInactiveAncestor(record, now),
    updatedAt: new Date(record.updatedAt),
    revokedAt: toDateOrNull(record.revokedAt),
    revocationReason: record.revocationReason,
    revocationComment: record.revocationComment,
    lastUsedAt: toDateOrNull(record.lastUsedAt),
    useCount: record.useCount,
    lastUsedAddress: record.lastUsedAddress,
  };
}

/** The fields that can be set at creation and changed later. */
function getShownFields(
  record: ApiKeyRecord,
  now: number,
): Omit<KeyFields, 'expiresAt'> & Pick<ApiKey, 'expiresAt'> {
  const copies = keyFieldNames.map((name) => [name, copyList(record[name])]);
  return {
    ...(Object.fromEntries(copies) as KeyFields),
    expiresAt: toDateOrNull(getExpiresAt(record)),
    rateLimits: record.rateLimits.map(({ name, limit, windowSeconds }) => ({ name, limit, windowSeconds })),
    credits: getCredits(record, now),
    resources: copyBinding(record.resources),
  };
}

/** The store owns the arrays of a record, so they are copied. */
function copyList(value: unknown): unknown {
  return Array.isArray(value) ? Array.from<unknown>(value) : value;
}

function copyBinding(binding: ResourceBinding | null): ResourceBinding | null {
  if (binding === null) return null;
  return Object.fromEntries(Object.entries(binding).map(([kind, ids]) => [kind, [...ids]]));
}

/** The balance if credits were spent now: a refill that is due is only stored with the next use. */
function getCredits({ credits }: ApiKeyRecord, now: number): Credits | null {
  if (credits === null) return null;
  const { remaining, refillAmount, refillIntervalSeconds } = refillCredits(credits, now);
  return { remaining, refillAmount, refillIntervalSeconds };
}

function getGraceFromFirstUse({ revokedAt, credentials }: ApiKeyRecord): number | null {
  return revokedAt === null ? (credentials[0]?.graceFromFirstUseSeconds ?? null) : null;
}

function getEndOfRetiringSecret(record: ApiKeyRecord, now: number): number | null {
  if (record.revokedAt !== null) return null;
  const ends = record.credentials
    .filter((credential) => !hasCredentialEnded(credential, now))
    .flatMap((credential) => (credential.endsAt === null ? [] : [credential.endsAt]));
  return ends.length === 0 ? null : Math.max(...ends);
}

function toDateOrNull(time: number | null): Date | null {
  return time === null ? null : new Date(time);
}
