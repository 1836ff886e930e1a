/** What is stored of access tokens: never the tokens themselves. */
export interface TokenStore {
  readonly signingKeys: SigningKeyStore;
  readonly refreshGrants: RefreshGrantStore;
  /** Whether a token was taken back. `KeyStoreTransaction.revokeToken` does so. Asked of what is committed now. */
  isRevoked(tokenId: string): Promise<boolean>;
}

/** The keys that tokens are signed with. */
export interface SigningKeyStore {
  /** All of them, by `activeFrom` and then id. */
  list(): Promise<readonly StoredSigningKey[]>;
  /** Rejects when the id is taken. */
  add(key: StoredSigningKey): Promise<void>;
  /** Removes keys; those that are not there are passed over. */
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
  /** No token is signed with it earlier, so that everybody can have read it by then. Epoch milliseconds. */
  readonly activeFrom: number;
}

/** Chains of refresh tokens. Of each one there is one token that is good now; all before it were used. */
export interface RefreshGrantStore {
  /** Adds a chain. */
  add(grant: RefreshGrant): Promise<void>;
  find(id: string): Promise<RefreshGrant | null>;
  /**
   * Uses the token up and puts another in its place, if it is still the one that is good now.
   *
   * @param digest - of the token that is used
   * @param next - of the one in its place
   * @returns whether it was; never carried out twice
   */
  replace(id: string, digest: string, next: string): Promise<boolean>;
  /** Ends a chain; does nothing when there is none. */
  remove(id: string): Promise<void>;
  /** The sessions of a key that have not ended by `now` (epoch milliseconds), by their ends and then ids. */
  sessions(keyId: string, now: number): Promise<readonly RefreshGrant[]>;
}

/** One chain of refresh tokens. */
export interface RefreshGrant {
  /** 16 base62 characters; part of each of its refresh tokens, and named by its access tokens. */
  readonly id: string;
  readonly keyId: string;
  readonly credentialId: string;
  readonly scopes: readonly string[];
  /** What its holder calls it; empty for chains without a name, which are counted as well; `null` for those that are not. */
  readonly session: string | null;
  /** End of the whole chain. Epoch milliseconds. */
  readonly expiresAt: number;
  /** SHA-256 of the secret of the token that is good now, base64url. */
  readonly digest: string;
}

/** A token that was taken back before its end, or all access tokens of a chain of refresh tokens. */
export interface RevokedToken {
  /** Its `jti`, or the id of the chain. */
  readonly id: string;
  readonly keyId: string;
  /** Until when it has to be remembered. Epoch milliseconds. */
  readonly expiresAt: number;
}
