/** Encrypts secrets that are needed again, so that the database alone does not reveal them. */
export interface SecretSealer {
  /**
   * @param purpose - what the secret is for and whose it is, for example `signing key 7fQ2…`: a sealed secret that
   * was moved to another place does not open there
   * @returns `<pepper id>.<base64url>`
   */
  seal(secret: Uint8Array, purpose: string): string;
  /**
   * Returns `null` when it was sealed under a pepper that is not configured here, for another purpose, or was changed
   * since.
   */
  open(sealed: string, purpose: string): Buffer | null;
}
