// @ts-check

/**
 * How a credential is sent: access tokens as Bearer, keys in the header that costs all packages the same; what proves a
 * signed request is header fields already, with tabs between them.
 *
 * @param {string} credential
 * @returns {Record<string, string>}
 */
export function credentialHeader(credential) {
  if (credential.includes(': ')) {
    return Object.fromEntries(credential.split('\t').map((field) => field.split(': ', 2)));
  }
  return credential.startsWith('eyJ')
    ? { Authorization: `Bearer ${credential}` }
    : { 'X-Api-Key': credential };
}
