// @ts-check
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';

/** What callers call the service that they sign for, whatever the load writes into `Host`. */
export const origin = 'http://orders.example';

/** How many keys sign in turn. */
const count = 100;

/** @typedef {'ed25519' | 'rsa-pss-sha512' | 'hmac-sha256'} Algorithm */
/** @typedef {import('express-api-keys').PrivateKeySigner | import('express-api-keys').SecretSigner} Signer */
/** @typedef {(fields: object) => Promise<{ id: string, key?: string }>} CreateKey */

/**
 * Registers keys that sign, and writes down who signs with what.
 *
 * @param {CreateKey} createKey
 * @param {Algorithm} algorithm
 * @param {string} tag
 * @param {string} file
 * @returns {Promise<string>} the file: a list of {@link Signer} in JSON
 */
export async function makeSigners(createKey, algorithm, tag, file) {
  const makeSigner = algorithm === 'hmac-sha256' ? sharedSecret : privateKeyOf(algorithm, tag);
  /** @type {Signer[]} */
  const signers = [];
  while (signers.length < count) signers.push(await makeSigner(createKey));
  writeFileSync(file, JSON.stringify(signers));
  return file;
}

/** @param {CreateKey} createKey @returns {Promise<Signer>} */
async function sharedSecret(createKey) {
  const { id, key = '' } = await createKey({ signing: 'hmac' });
  return { keyId: id, secret: key };
}

/** One pair for all: what a signature costs does not depend on whose it is, and RSA keys take long to make. */
function privateKeyOf(/** @type {Algorithm} */ algorithm, /** @type {string} */ tag) {
  const publicKeyEncoding = /** @type {const} */ ({ type: 'spki', format: 'pem' });
  const privateKeyEncoding = /** @type {const} */ ({ type: 'pkcs8', format: 'pem' });
  const encodings = { publicKeyEncoding, privateKeyEncoding };
  const { publicKey, privateKey } =
    algorithm === 'ed25519'
      ? generateKeyPairSync('ed25519', encodings)
      : generateKeyPairSync('rsa', { modulusLength: 2048, ...encodings });
  /** @param {CreateKey} createKey @returns {Promise<Signer>} */
  return async (createKey) => ({ keyId: (await createKey({ publicKey })).id, privateKey, tag });
}
