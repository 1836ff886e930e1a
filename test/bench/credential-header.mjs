// @ts-check

/**
 * How a credential is sent: access tokens as Bearer, keys in the header that costs all packages the same.
 *
 * @param {string} credential
 * @returns {Record<string, string>}
 */
export const credentialHeader = (credential) =>
  credential.startsWith('eyJ') ? { Authorization: `Bearer ${credential}` } : { 'X-Api-Key': credential };
