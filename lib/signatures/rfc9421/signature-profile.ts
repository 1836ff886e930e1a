/** What signatures must be like to count here. */
export interface SignatureProfile {
  /** What a signature says that it is for; signatures with another tag are somebody else's. */
  readonly tag: string;
  /** How old a signature may be, in milliseconds. */
  readonly maxAgeMs: number;
  /** How far ahead the clocks of signers may be, in milliseconds. */
  readonly skewMs: number;
}
