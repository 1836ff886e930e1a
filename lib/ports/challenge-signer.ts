/** An opened challenge. */
export interface OpenedChallenge {
  /** A random nonce, under which its use is recorded. */
  readonly name: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** Creates challenges that cannot be forged or used for another request. Nothing is stored for them. */
export interface ChallengeSigner {
  /** @param binding - what the challenge is for; it opens only with the same string */
  make(expiresAt: number, binding: string): string;
  /** Returns `null` when it was not created here, or for something else. The caller checks whether it has expired. */
  open(challenge: string, binding: string): OpenedChallenge | null;
}
