/** The cause of a refusal: a slow hash was begun and took too long, so it has cost what one costs. */
export class SlowHashTimeout extends Error {
  constructor(options: { readonly cause: unknown }) {
    super('the slow hash took too long', options);
    this.name = 'SlowHashTimeout';
  }
}

/**
 * Computes the durable, slow hash of secrets. It runs off the main thread, in two lanes (minting and matching) with
 * bounded queues and deadlines.
 */
export interface SecretHasher {
  /**
   * @param ownerId - the owner of the key: each owner has a bounded share of the queue, and owners are served in turn
   * @returns the hash to store
   * @throws ApiKeysError `ERR_API_KEYS_UNAVAILABLE` when the queue or the owner's share of it is full, or the
   * deadline cannot be met
   */
  hash(secret: string, ownerId?: string): Promise<string>;
  /**
   * Whether a stored hash was made from this secret. A hash that is malformed or above the cost cap matches nothing.
   * Concurrent calls with the same arguments share one computation.
   *
   * @throws ApiKeysError `ERR_API_KEYS_UNAVAILABLE` when the lane's queue is full or its deadline passed
   */
  matches(secret: string, hash: string): Promise<boolean>;
  /**
   * The same for a hash that another system made of the secret itself, with bcrypt, scrypt, PBKDF2 or Argon2id. Secrets that bcrypt
   * would cut off match nothing.
   *
   * @param network - of the caller: each has a bounded share of the queue, and networks are served in turn; calls without one
   * have a share in common
   * @throws ApiKeysError as `matches`
   */
  matchesImported(secret: string, hash: string, network?: string): Promise<boolean>;
  close(): Promise<void>;
}
