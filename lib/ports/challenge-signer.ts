/** A challenge that was opened. */
export interface OpenedChallenge {
  /** Random, by which it is known as used. */
  readonly name: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** Makes challenges that cannot be forged or carried to another request. Nothing is stored for one. */
export interface ChallengeSigner {
  /** @param binding - what the challenge is for; it opens only with the same text */
  make(expiresAt: number, binding: string): string;
  /** `null` when it was not made here, or for something else. Whether its time is over is for the caller to see. */
  open(challenge: string, binding: string): OpenedChallenge | null;
}
