/** The bytes of a body. */
export interface RawBody {
  readonly bytes: Uint8Array;
  /** Whether they are the bytes that were sent, and not the decoded ones. */
  readonly isAsSent: boolean;
}
