/** What is known of a signature that was used: never before, before, or nothing for certain. */
export type ReplayAnswer = 'first' | 'used' | 'unknown';

/** One use of a signature. */
export interface SignatureUse {
  /** Up to 100 printable ASCII characters; the same for every use of one signature, and no other; holds no secret. */
  readonly name: string;
  /** Epoch milliseconds by the signer's clock. */
  readonly signedAt: number;
  /**
   * By then it must be refused for its age by every process, as far apart as their clocks may be (the skew of signers is
   * added for that, too). Epoch milliseconds.
   */
  readonly rememberUntil: number;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** Remembers which signatures were used, so that none is used twice. */
export interface ReplayGuard {
  /**
   * Takes a signature, in all processes at once. `unknown` when it may have been used in a time that is not remembered
   * (before a restart, or before entries were lost), or nobody could be asked; it may have been taken then. Never rejects.
   */
  take(use: SignatureUse): Promise<ReplayAnswer>;
}
