import type { AuditActor } from './audit-entry.js';
import type { Credential, VerifiableCredential } from './credential.js';
import type { CreditBalance } from './credits.js';
import type { KeyAncestor } from './key-ancestor.js';
import type { SettableKeyFields } from './key-field-table.js';
import type { LifetimeBounds } from './lifetime-bounds.js';
import type { OwnerStanding } from './owner.js';
import type { RevocationReason } from './revocation-reason.js';

/** A key as it is stored. Times are epoch milliseconds. */
export interface ApiKeyRecord extends SettableKeyFields {
  /** 16 base62 characters; part of the token, and not a secret. */
  readonly id: string;
  readonly keyspace: string;
  /** 1, 2, 3 … among an owner's keys of one keyspace; `null` unless the keyspace numbers keys. Immutable. */
  readonly number: number | null;
  readonly revokedAt: number | null;
  readonly revocationReason: RevocationReason | null;
  /** The free-form comment given along with the reason. */
  readonly revocationComment: string | null;
  /** Whether requests are paid for with credits. */
  readonly hasCredits: boolean;
  readonly hint: KeyHint;
  /** For how many days it may stay unused, as the policy was when it was created; `null`: no bound. */
  readonly maxIdleDays: number | null;
  /** When it was created, last rotated or last enabled, whichever came last: the earliest beginning of its idle time. */
  readonly activatedAt: number;
  /** 1 at creation, incremented by every change. */
  readonly version: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Written in batches outside the record; does not change the version. */
  readonly lastUsedAt: number | null;
  /** How many requests it authenticated; written in batches outside the record; does not change the version. */
  readonly useCount: number;
  /** The address of its last use, in canonical form; written in batches outside the record. */
  readonly lastUsedAddress: string | null;
  /** Stored outside the record; does not change the version. `null` if and only if `hasCredits` is false. */
  readonly credits: CreditBalance | null;
  /** The author of its creation; `null` for keys from before authors were recorded. Immutable. */
  readonly createdBy: AuditActor | null;
  /** The key that made it, and with which it ends; `null`: none. Immutable. */
  readonly parentId: string | null;
  /** All keys above it as they are now, its parent first; stored outside the record. */
  readonly ancestors: readonly KeyAncestor[];
  /** What its owner may do now; stored outside the record. `null`: there is no record of the owner. */
  readonly owner: OwnerStanding | null;
  /** The bounds that apply to all keys of its keyspace now; comes from the options, and is stored nowhere. */
  readonly enforced?: LifetimeBounds;
  /** Newest first; the first one that has neither expired nor been superseded is the current one. */
  readonly credentials: readonly Credential[];
}

/** The part of a token that remains visible after the token itself was shown once. */
export interface KeyHint {
  /** Everything before the id, for example `acme_live_`. */
  readonly prefix: string;
  /** The last four characters of the token; they belong to its checksum, not to the secret. */
  readonly lastFour: string;
}

/** The part of a record that verification needs, and the only part that may be cached. */
export interface VerifiableKey extends Pick<
  ApiKeyRecord,
  | 'id'
  | 'keyspace'
  | 'ownerId'
  | 'name'
  | 'scopes'
  | 'environment'
  | 'enabled'
  | 'revokedAt'
  | 'expiresAt'
  | 'maxIdleDays'
  | 'activatedAt'
  | 'createdAt'
  | 'lastUsedAt'
  | 'enforced'
  | 'ipAllowlist'
  | 'resources'
  | 'metadata'
  | 'features'
  | 'rateLimits'
  | 'hasCredits'
  | 'owner'
  | 'parentId'
  | 'ancestors'
  | 'version'
> {
  /** The last characters are never cached. */
  readonly hint: Pick<KeyHint, 'prefix'> & Partial<Pick<KeyHint, 'lastFour'>>;
  readonly credentials: readonly VerifiableCredential[];
}
