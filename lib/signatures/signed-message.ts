/** The parts of a request that signatures cover, as received. */
export interface SignedMessage {
  /** As it was sent; methods are case-sensitive. */
  readonly method: string;
  readonly scheme: 'http' | 'https';
  /** Host and, unless it is the default of the scheme, port, in lower case, as clients address this server. */
  readonly authority: string;
  /** Path and query, byte for byte. */
  readonly target: string;
  /** Alternating names and values, as in Node's `rawHeaders`. */
  readonly rawHeaders: readonly string[];
  /** Whether there is a body; `unknown` when it has to be read to find out. */
  readonly bodyPresence: 'none' | 'some' | 'unknown';
}
