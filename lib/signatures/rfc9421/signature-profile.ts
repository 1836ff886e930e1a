/** The requirements on accepted signatures. */
export interface SignatureProfile {
  /** The tag of accepted signatures; signatures with another tag are ignored. */
  readonly tag: string;
  /** The maximum age of a signature, in milliseconds. */
  readonly maxAgeMs: number;
  /** How far ahead the clocks of signers may be, in milliseconds. */
  readonly skewMs: number;
}
