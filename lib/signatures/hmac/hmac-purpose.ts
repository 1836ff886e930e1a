/** The purpose that a signing secret is sealed for: copied to another key, it does not open. */
export function createHmacPurpose(keyId: string, credentialId: string): string {
  return `hmac ${keyId} ${credentialId}`;
}
