import type { ApiKeyRecord } from './api-key.js';
import { credentialHasEnded } from './credential.js';
import { refilled, type Credits } from './credits.js';
import { keyFieldNames, type KeyFields, type SettableKeyFields } from './key-field-table.js';
import { stateOf, type KeyState } from './key-state.js';
import { shownPublicKey, signingOf, type ShownPublicKey } from './shown-public-key.js';
import type { RevocationReason } from './revocation-reason.js';

/** A key as it is shown: without credentials, and with the state it is in. As JSON, times are RFC 3339. */
export interface ApiKey extends Omit<SettableKeyFields, 'expiresAt'> {
  readonly id: string;
  readonly keyspace: string;
  /** Its number among the owner's keys, where the keyspace numbers them. */
  readonly number: number | null;
  readonly state: KeyState;
  /** `null`: never. */
  readonly expiresAt: Date | null;
  /** The beginning and the last four characters of the token, for example `acme_live_…x7Qa`. */
  readonly hint: string;
  /** How requests can be signed with it: with its private key, with its secret, or (`null`) not. */
  readonly signing: 'public-key' | 'hmac' | null;
  /** The newest public key; `null` when it has a secret. */
  readonly publicKey: ShownPublicKey | null;
  /** Until when the secret before the last rotation still works; `null` when it does not. */
  readonly previousSecretEndsAt: Date | null;
  /**
   * Set while the newest secret has not been used since its rotation: from its first use on, the secrets before it work
   * for so many seconds. Until then they have no end.
   */
  readonly graceFromFirstUseSeconds: number | null;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly revokedAt: Date | null;
  readonly revocationReason: RevocationReason | null;
  readonly revocationComment: string | null;
  readonly lastUsedAt: Date | null;
  /** How often it was let in; written in batches, so the last uses may still be missing. */
  readonly useCount: number;
  /** Where it was used from last, as far as it was written yet. */
  readonly lastUsedAddress: string | null;
}

/**
 * Shows a stored key. The only place where a record becomes visible, field by field.
 *
 * @param now - epoch milliseconds; decides the state
 */
export function viewOf(record: ApiKeyRecord, now: number): ApiKey {
  const { name, description, scopes, ...others } = shownFields(record, now);
  return {
    id: record.id,
    keyspace: record.keyspace,
    ownerId: record.ownerId,
    number: record.number,
    name,
    description,
    scopes,
    environment: record.environment,
    state: stateOf(record, now),
    enabled: record.enabled,
    ...others,
    hint: `${record.hint.prefix}…${record.hint.lastFour}`,
    signing: signingOf(record),
    publicKey: shownPublicKey(record),
    previousSecretEndsAt: dateOrNull(endOfRetiringSecret(record, now)),
    graceFromFirstUseSeconds: graceFromFirstUse(record),
    version: record.version,
    createdAt: new Date(record.createdAt),
    updatedAt: new Date(record.updatedAt),
    revokedAt: dateOrNull(record.revokedAt),
    revocationReason: record.revocationReason,
    revocationComment: record.revocationComment,
    lastUsedAt: dateOrNull(record.lastUsedAt),
    useCount: record.useCount,
    lastUsedAddress: record.lastUsedAddress,
  };
}

/** What can be said of a key at any time. */
function shownFields(
  record: ApiKeyRecord,
  now: number,
): Omit<KeyFields, 'expiresAt'> & Pick<ApiKey, 'expiresAt'> {
  const copies = keyFieldNames.map((name) => [name, copyOf(record[name])]);
  return {
    ...(Object.fromEntries(copies) as KeyFields),
    expiresAt: dateOrNull(record.expiresAt),
    rateLimits: record.rateLimits.map(({ name, limit, windowSeconds }) => ({ name, limit, windowSeconds })),
    credits: creditsOf(record, now),
  };
}

/** Lists of a record belong to the store. */
function copyOf(value: unknown): unknown {
  return Array.isArray(value) ? Array.from<unknown>(value) : value;
}

/** As they would be if they were spent now: a refill that is due is written down with the next use. */
function creditsOf({ credits }: ApiKeyRecord, now: number): Credits | null {
  if (credits === null) return null;
  const { remaining, refillAmount, refillIntervalSeconds } = refilled(credits, now);
  return { remaining, refillAmount, refillIntervalSeconds };
}

function graceFromFirstUse({ revokedAt, credentials }: ApiKeyRecord): number | null {
  return revokedAt === null ? (credentials[0]?.graceFromFirstUseSeconds ?? null) : null;
}

function endOfRetiringSecret(record: ApiKeyRecord, now: number): number | null {
  if (record.revokedAt !== null) return null;
  const ends = record.credentials
    .filter((credential) => !credentialHasEnded(credential, now))
    .flatMap((credential) => (credential.endsAt === null ? [] : [credential.endsAt]));
  return ends.length === 0 ? null : Math.max(...ends);
}

function dateOrNull(time: number | null): Date | null {
  return time === null ? null : new Date(time);
}
