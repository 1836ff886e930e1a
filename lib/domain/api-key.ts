import type { Credential, VerifiableCredential } from './credential.js';
import type { CreditBalance } from './credits.js';
import type { SettableKeyFields } from './key-field-table.js';
import type { RevocationReason } from './revocation-reason.js';

/** What an owner holds, as it is stored. Times are epoch milliseconds. */
export interface ApiKeyRecord extends SettableKeyFields {
  /** 16 base62 characters; part of the token and not a secret. */
  readonly id: string;
  readonly keyspace: string;
  /** 1, 2, 3 … within an owner's keys of one keyspace, where the keyspace numbers them. Immutable. */
  readonly number: number | null;
  readonly revokedAt: number | null;
  readonly revocationReason: RevocationReason | null;
  /** What the revoker wrote beside the reason. */
  readonly revocationComment: string | null;
  /** Whether requests are paid for with credits. */
  readonly hasCredits: boolean;
  readonly hint: KeyHint;
  /** 1 at creation, one more with every change. */
  readonly version: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Written in batches beside the record; no change of version. */
  readonly lastUsedAt: number | null;
  /** How often it was let in; written in batches beside the record; no change of version. */
  readonly useCount: number;
  /** Where it was used from last, in canonical form; written in batches beside the record. */
  readonly lastUsedAddress: string | null;
  /** What is left to spend; kept beside the record, no change of version. `null` if and only if `hasCredits` is false. */
  readonly credits: CreditBalance | null;
  /** Newest first; the first one that has not ended is the current one. */
  readonly credentials: readonly Credential[];
}

/** What is shown of a token after it was shown once. */
export interface KeyHint {
  /** All before the id, for example `acme_live_`. */
  readonly prefix: string;
  /** The last four characters of the token; they belong to its checksum, not to the secret. */
  readonly lastFour: string;
}

/** The part of a record that verification looks at, and all that a cache may hold. */
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
  | 'ipAllowlist'
  | 'metadata'
  | 'features'
  | 'rateLimits'
  | 'hasCredits'
  | 'version'
> {
  readonly hint: Pick<KeyHint, 'prefix'>;
  readonly credentials: readonly VerifiableCredential[];
}
