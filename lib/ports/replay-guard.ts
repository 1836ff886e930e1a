/** Whether this is the first use of a signature, a repeated one, or unknown. */
export type ReplayAnswer = 'first' | 'used' | 'unknown';

/** One use of a signature. */
export interface SignatureUse {
  /**
   * Up to 100 printable ASCII characters; the same for every use of one signature, and for no other; contains no
   * secret.
   */
  readonly name: string;
  /** Epoch milliseconds by the signer's clock. */
  readonly signedAt: number;
  /**
   * From then on every process must refuse the signature for its age, however far apart their clocks may be (the skew
   * of signers is added for that, too). Epoch milliseconds.
   */
  readonly rememberUntil: number;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** Records used signatures, so that none is accepted twice. */
export interface ReplayGuard {
  /**
   * Takes a signature, in all processes at once. Resolves to `unknown` when it may have been used at a time without
   * records (before a restart, or before entries were lost), or when the records are unreachable; then it may have
   * been taken. Never rejects.
   */
  take(use: SignatureUse): Promise<ReplayAnswer>;
  /**
   * Whether a signature was used, without taking it: so that what is refused as a replay is refused before it costs anything.
   * `false` when that is unknown; {@link take} decides. Never rejects.
   */
  isUsed(use: SignatureUse): Promise<boolean>;
}
