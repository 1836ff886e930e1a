/** Creates and checks the MACs of audit entries. */
export interface AuditSealer {
  /** A salt for the hash of an entry's personal part: 128 random bits. */
  drawSalt(): string;
  /**
   * @param previousHash - the hash of the previous entry
   * @param bytes - the entry as it is stored, without the MAC
   * @returns `<pepper id>.<hex>`
   */
  seal(previousHash: string, bytes: string): string;
  /** Returns `unknown` for a MAC under a pepper that is not configured here. */
  check(mac: string, previousHash: string, bytes: string): 'valid' | 'invalid' | 'unknown';
}
