/** The first use of a secret that lets the ones before it live on for a while from then on. */
export interface FirstUse {
  readonly keyId: string;
  readonly credentialId: string;
  /** Where it came from, in canonical form; `null` when that is not known. */
  readonly address: string | null;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** Starts grace periods that wait for the first use of a new secret. */
export interface GraceStarter {
  /**
   * Returns at once and never throws. The change is made in the background, once for each secret, and tried again until
   * it is committed; to be told of every use until then, because a process may end before.
   */
  start(use: FirstUse): void;
}
