/** The first use of a secret, with which the grace period of its predecessors starts. */
export interface FirstUse {
  readonly keyId: string;
  readonly credentialId: string;
  /** The address that it came from, in canonical form; `null` when that is unknown. */
  readonly address: string | null;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** Starts grace periods that begin with the first use of a new secret. */
export interface GraceStarter {
  /**
   * Returns at once and never throws. The change is made in the background, once for each secret, and retried until
   * it is committed. Call it for every use until then, because a process may end before.
   */
  start(use: FirstUse): void;
}
