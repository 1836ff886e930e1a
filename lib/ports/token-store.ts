/** The stored part of access tokens: never the tokens themselves. */
export interface TokenStore {
  readonly signingKeys: SigningKeyStore;
  readonly refreshGrants: RefreshGrantStore;
  /** Whether a token was revoked, by `KeyStoreTransaction.revokeToken`. Reads what is committed now. */
  isRevoked(tokenId: string): Promise<boolean>;
}

/** The keys that tokens are signed with. */
export interface SigningKeyStore {
  /** All of them, by `activeFrom` and then id. */
  list(): Promise<readonly StoredSigningKey[]>;
  /** Rejects when the id is taken. */
  add(key: StoredSigningKey): Promise<void>;
  /** Removes keys; ids without a key are skipped. */
  remove(ids: readonly string[]): Promise<void>;
}

/** How tokens are signed (RFC 7518, RFC 8037). */
export type SigningAlgorithm = 'EdDSA' | 'HS256';

/** A key that tokens are signed with, as it is stored. */
export interface StoredSigningKey {
  /** 16 base62 characters; the `kid` of its tokens. */
  readonly id: string;
  readonly algorithm: SigningAlgorithm;
  /** The private or secret key, sealed by a `SecretSealer`. */
  readonly sealedKey: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /**
   * No token is signed with it before this time, so that every process can have read it by then. Epoch milliseconds.
   */
  readonly activeFrom: number;
}

/** Chains of refresh tokens. Each chain has one valid token; all before it were used. */
export interface RefreshGrantStore {
  /**
   * Adds a chain, unless its key is revoked or there is none: chains of revoked keys are removed when their owner is erased.
   *
   * @returns whether it was added
   */
  add(grant: RefreshGrant): Promise<boolean>;
  find(id: string): Promise<RefreshGrant | null>;
  /**
   * Consumes the token and replaces it with another one, if it is still the valid one.
   *
   * @param digest - the digest of the token that is used
   * @param next - the digest of its replacement
   * @returns whether it was; never carried out twice
   */
  replace(id: string, digest: string, next: string): Promise<boolean>;
  /** Ends a chain; does nothing when there is none. */
  remove(id: string): Promise<void>;
  /** The sessions of a key that have not expired by `now` (epoch milliseconds), ordered by expiry and then id. */
  sessions(keyId: string, now: number): Promise<readonly RefreshGrant[]>;
}

/** One chain of refresh tokens. */
export interface RefreshGrant {
  /** 16 base62 characters; part of each of its refresh tokens, and named by its access tokens. */
  readonly id: string;
  readonly keyId: string;
  readonly credentialId: string;
  readonly scopes: readonly string[];
  /**
   * The name that its holder gave it; empty for unnamed chains, which are counted as sessions too; `null` for those
   * that are not.
   */
  readonly session: string | null;
  /** Expiry of the whole chain. Epoch milliseconds. */
  readonly expiresAt: number;
  /** SHA-256 of the secret of the valid token, base64url. */
  readonly digest: string;
}

/** A token that was revoked before its expiry, or all access tokens of a chain of refresh tokens. */
export interface RevokedToken {
  /** Its `jti`, or the id of the chain. */
  readonly id: string;
  readonly keyId: string;
  /** Until when it has to be recorded. Epoch milliseconds. */
  readonly expiresAt: number;
}
