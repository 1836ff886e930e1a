/** Changes that callers may repeat without making them twice, and what came of them. */
export interface IdempotencyClaims {
  /** What was claimed under a name, as committed; `null` when nothing was, or too long ago. */
  find(name: string): Promise<IdempotencyClaim | null>;
}

/** One change that a caller gave a name. */
export interface IdempotencyClaim {
  /** Digest of the caller, the route and the header. */
  readonly name: string;
  /** Digest of what was asked for. */
  readonly payloadHash: string;
  /** The key that was made or changed. */
  readonly keyId: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}
