/** What of a request signatures are about, as it came over the wire. */
export interface SignedMessage {
  /** As it was sent; methods are case-sensitive. */
  readonly method: string;
  readonly scheme: 'http' | 'https';
  /** Host and, unless it is the scheme's own, port, in lower case: what clients call this server. */
  readonly authority: string;
  /** Path and query, byte for byte. */
  readonly target: string;
  /** Names and values in turn, as Node has them. */
  readonly rawHeaders: readonly string[];
  /** Whether there is a body; `unknown` when only reading it tells. */
  readonly bodyPresence: 'none' | 'some' | 'unknown';
}
