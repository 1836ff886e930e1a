/** What a secret that signs is sealed for: moved to another key, it does not open. */
export function createHmacPurpose(keyId: string, credentialId: string): string {
  return `hmac ${keyId} ${credentialId}`;
}
