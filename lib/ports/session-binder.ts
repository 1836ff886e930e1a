/** Binds ids of sessions to keys, so that no other key can use them. Nothing is stored. */
export interface SessionBinder {
  /** Returns what the client is sent in place of the id. */
  bind(sessionId: string, keyId: string): string;
  /** Returns the id; `null` when it was not bound here, or to another key. */
  open(bound: string, keyId: string): string | null;
}
