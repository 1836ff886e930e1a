/** Changes that callers may repeat without making them twice, and their results. */
export interface IdempotencyClaims {
  /** The committed claim of a name; `null` when there is none, or it has expired. */
  find(name: string): Promise<IdempotencyClaim | null>;
}

/** A change under an idempotency key. */
export interface IdempotencyClaim {
  /** Digest of the caller, the route and the header. */
  readonly name: string;
  /** Digest of the request's input. */
  readonly payloadHash: string;
  /** The key or the webhook that was created or changed, or the owner that was changed. */
  readonly keyId: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}
