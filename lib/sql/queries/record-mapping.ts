import type { Insertable, Selectable } from 'kysely';
import type { ApiKeyRecord } from '../../domain/api-key.js';
import type { AuditActor } from '../../domain/audit-entry.js';
import type { CreditBalance } from '../../domain/credits.js';
import type { Credential } from '../../domain/credential.js';
import { noAncestors } from '../../domain/key-ancestor.js';
import type { OwnerStanding } from '../../domain/owner.js';
import type { PublicKeyAlgorithm } from '../../domain/public-key.js';
import type { RevocationReason } from '../../domain/revocation-reason.js';
import { toFieldColumns, toFields } from '../key-field-columns.js';
import type { CredentialsTable, KeysTable } from '../tables.js';
import { parseAncestors } from './ancestor-queries.js';
import { parseOverrides } from './owner-queries.js';

/** A row of the statement that reads keys: a key, and one of its digests or credentials, if it has any. */
export interface RecordRow extends Selectable<KeysTable> {
  /** `null`: there is no record of the owner. */
  readonly owner_version: number | null;
  readonly owner_suspended_at: number | null;
  readonly owner_plan: string | null;
  readonly owner_overrides: string | null;
  readonly last_used_at: number | null;
  readonly use_count: number | null;
  readonly last_used_address: string | null;
  readonly remaining: number | null;
  readonly refill_amount: number | null;
  readonly refill_interval_seconds: number | null;
  readonly refilled_at: number | null;
  readonly credential_id: string | null;
  readonly kind: string | null;
  readonly bcrypt_hash: string | null;
  readonly secret_check: string | null;
  readonly sealed_secret: string | null;
  readonly algorithm: string | null;
  readonly spki: string | null;
  readonly sha256_fingerprint: string | null;
  readonly md5_fingerprint: string | null;
  readonly credential_created_at: number | null;
  readonly ended_at: number | null;
  readonly ends_at: number | null;
  readonly grace_from_first_use_seconds: number | null;
  /** JSON list of the keys above it, in any order; `null` or empty when there are none. */
  readonly ancestors: string | null;
  readonly pepper_id: string | null;
  readonly digest: string | null;
}

/** Combines rows into records; rows of one key, and of one credential, must be consecutive. */
export function toRecords(rows: readonly RecordRow[]): readonly ApiKeyRecord[] {
  return splitRuns(rows, (row) => row.id).map(toRecord);
}

function toRecord(rows: readonly [RecordRow, ...RecordRow[]]): ApiKeyRecord {
  const [row] = rows;
  return {
    id: row.id,
    keyspace: row.keyspace,
    ownerId: row.owner_id,
    number: row.number,
    ...toFields(row),
    environment: row.environment,
    enabled: row.enabled === 1,
    revokedAt: row.revoked_at,
    revocationReason: row.revocation_reason as RevocationReason | null,
    revocationComment: row.revocation_comment,
    hasCredits: row.has_credits === 1,
    maxIdleDays: row.max_idle_days,
    activatedAt: row.activated_at ?? row.created_at,
    hint: { prefix: row.hint_prefix, lastFour: row.hint_last_four },
    version: row.version,
    createdAt: row.created_at,
    createdBy: toAuthor(row),
    updatedAt: row.updated_at,
    lastUsedAt: row.last_used_at,
    // A key that was never used has no row.
    useCount: row.use_count ?? 0,
    lastUsedAddress: row.last_used_address,
    credits: toCredits(row),
    parentId: row.parent_id,
    ancestors: row.parent_id === null ? noAncestors : parseAncestors(row.parent_id, row.ancestors),
    owner: toStanding(row),
    credentials: splitRuns(
      rows.filter((each) => each.credential_id !== null),
      (each) => each.credential_id,
    ).map(toCredential),
  };
}

function toAuthor(row: RecordRow): AuditActor | null {
  const { created_by_kind: kind, created_by_member_id: memberId, created_by_member_name: memberName } = row;
  if (kind === null) return null;
  return {
    kind: kind as AuditActor['kind'],
    id: row.created_by_id,
    ...(memberId === null ? {} : { memberId }),
    ...(memberName === null ? {} : { memberName }),
  };
}

function toStanding(row: RecordRow): OwnerStanding | null {
  if (row.owner_version === null) return null;
  return {
    version: row.owner_version,
    suspendedAt: row.owner_suspended_at,
    plan: row.owner_plan,
    overrides: parseOverrides(row.owner_overrides),
  };
}

function toCredits(row: RecordRow): CreditBalance | null {
  if (row.has_credits !== 1) return null;
  return {
    remaining: row.remaining ?? 0,
    refillAmount: row.refill_amount,
    refillIntervalSeconds: row.refill_interval_seconds,
    refilledAt: row.refilled_at ?? 0,
  };
}

function toCredential(rows: readonly [RecordRow, ...RecordRow[]]): Credential {
  const [row] = rows;
  const life = {
    id: row.credential_id ?? '',
    createdAt: row.credential_created_at ?? 0,
    endedAt: row.ended_at,
    endsAt: row.ends_at,
    graceFromFirstUseSeconds: row.grace_from_first_use_seconds,
  };
  if (row.kind === 'public-key') {
    return {
      ...life,
      kind: 'public-key',
      algorithm: row.algorithm as PublicKeyAlgorithm,
      spki: row.spki ?? '',
      sha256Fingerprint: row.sha256_fingerprint ?? '',
      md5Fingerprint: row.md5_fingerprint ?? '',
    };
  }
  const digests = rows.flatMap(({ pepper_id: pepperId, digest }) =>
    pepperId === null || digest === null ? [] : [[pepperId, digest] as const],
  );
  return {
    ...life,
    kind: 'secret',
    bcryptHash: row.bcrypt_hash ?? '',
    secretCheck: row.secret_check ?? '',
    digests: Object.fromEntries(digests),
    sealedSecret: row.sealed_secret,
  };
}

/** Splits a list into runs of the same name. */
function splitRuns<T>(list: readonly T[], nameOf: (item: T) => unknown): [T, ...T[]][] {
  const result: [T, ...T[]][] = [];
  for (const item of list) {
    const last = result.at(-1);
    if (last !== undefined && nameOf(last[0]) === nameOf(item)) last.push(item);
    else result.push([item]);
  }
  return result;
}

/** The row of a key, without the fields in other tables. */
export function toKeyRow(record: ApiKeyRecord): Insertable<KeysTable> {
  return {
    id: record.id,
    keyspace: record.keyspace,
    owner_id: record.ownerId,
    number: record.number,
    ...toFieldColumns(record),
    environment: record.environment,
    enabled: record.enabled ? 1 : 0,
    revoked_at: record.revokedAt,
    revocation_reason: record.revocationReason,
    revocation_comment: record.revocationComment,
    has_credits: record.hasCredits ? 1 : 0,
    max_idle_days: record.maxIdleDays,
    activated_at: record.activatedAt,
    hint_prefix: record.hint.prefix,
    hint_last_four: record.hint.lastFour,
    version: record.version,
    created_at: record.createdAt,
    created_by_kind: record.createdBy?.kind ?? null,
    created_by_id: record.createdBy?.id ?? null,
    created_by_member_id: record.createdBy?.memberId ?? null,
    created_by_member_name: record.createdBy?.memberName ?? null,
    parent_id: record.parentId,
    updated_at: record.updatedAt,
  };
}

/**
 * The rows of a key's credentials, without digests.
 *
 * @param storedPositions - by credential id; kept wherever the order of the record allows it
 */
export function toCredentialRows(
  record: ApiKeyRecord,
  storedPositions: ReadonlyMap<string, number> = new Map(),
): readonly Selectable<CredentialsTable>[] {
  const positions = new Map<string, number>();
  let below = -1;
  for (const { id } of record.credentials.toReversed()) {
    below = Math.max(below + 1, storedPositions.get(id) ?? 0);
    positions.set(id, below);
  }
  return record.credentials.map((credential) => ({
    key_id: record.id,
    id: credential.id,
    position: positions.get(credential.id) ?? 0,
    kind: credential.kind,
    ...selectProvingColumns(credential),
    created_at: credential.createdAt,
    ended_at: credential.endedAt,
    ends_at: credential.endsAt,
    grace_from_first_use_seconds: credential.graceFromFirstUseSeconds,
  }));
}

/** The columns of one kind of credential are null for the other. */
function selectProvingColumns(
  credential: Credential,
): Pick<
  Selectable<CredentialsTable>,
  | 'bcrypt_hash'
  | 'secret_check'
  | 'sealed_secret'
  | 'algorithm'
  | 'spki'
  | 'sha256_fingerprint'
  | 'md5_fingerprint'
> {
  const secret = credential.kind === 'secret' ? credential : null;
  const publicKey = credential.kind === 'public-key' ? credential : null;
  return {
    bcrypt_hash: secret?.bcryptHash ?? null,
    secret_check: secret?.secretCheck ?? null,
    sealed_secret: secret?.sealedSecret ?? null,
    algorithm: publicKey?.algorithm ?? null,
    spki: publicKey?.spki ?? null,
    sha256_fingerprint: publicKey?.sha256Fingerprint ?? null,
    md5_fingerprint: publicKey?.md5Fingerprint ?? null,
  };
}
