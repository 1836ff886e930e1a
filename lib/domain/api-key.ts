import type { SecretCredential, VerifiableCredential } from './credential.js';
import type { JsonObject } from './json.js';

/** What an owner holds, as it is stored. Times are epoch milliseconds. */
export interface ApiKeyRecord {
  /** 16 base62 characters; part of the token and not a secret. */
  readonly id: string;
  readonly keyspace: string;
  readonly ownerId: string;
  readonly name: string;
  readonly description: string | null;
  /** Granted scopes as given; may hold wildcards (`orders:*`, `*`). */
  readonly scopes: readonly string[];
  /** Immutable. */
  readonly environment: string;
  readonly enabled: boolean;
  readonly revokedAt: number | null;
  readonly expiresAt: number | null;
  /** Canonical addresses and networks; `null` means any address, an empty list does not exist. */
  readonly ipAllowlist: readonly string[] | null;
  readonly metadata: JsonObject;
  readonly hint: KeyHint;
  /** 1 at creation, one more with every change. */
  readonly version: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Written in batches beside the record; no change of version. */
  readonly lastUsedAt: number | null;
  /** How often it was let in; written in batches beside the record; no change of version. */
  readonly useCount: number;
  /** Newest first; the first one that has not ended is the current one. */
  readonly credentials: readonly SecretCredential[];
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
  | 'version'
> {
  readonly hint: Pick<KeyHint, 'prefix'>;
  readonly credentials: readonly VerifiableCredential[];
}
