import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { VerifiableKey } from '../../domain/api-key.js';
import type { VerifiablePublicKey } from '../../domain/credential.js';
import { isSignedBy, signatureAlgorithms } from '../check-signature.js';

/** Finds the credential of a key that made a signature. */
export type ProveSignature = (
  key: VerifiableKey | null,
  algorithm: string | null,
  base: string,
  signature: Uint8Array,
) => VerifiablePublicKey | null;

/**
 * Builds the check. The stored key determines the algorithm; a message can only confirm it. An unknown key costs a signature
 * check as well, so that the response time does not reveal it.
 *
 * @param isSigned - checks a signature; default: the check of request signatures
 */
export function createProveSignature(isSigned: typeof isSignedBy = isSignedBy): ProveSignature {
  const imported = new WeakMap<VerifiablePublicKey, KeyObject>();
  const decoyKey = generateKeyPairSync('ed25519').publicKey;

  function importKey(credential: VerifiablePublicKey): KeyObject {
    let key = imported.get(credential);
    if (key === undefined) {
      key = createPublicKey({ key: Buffer.from(credential.spki, 'base64'), format: 'der', type: 'spki' });
      imported.set(credential, key);
    }
    return key;
  }

  return function proveSignature(key, algorithm, base, signature) {
    let wasChecked = false;
    for (const credential of key?.credentials ?? []) {
      if (credential.kind !== 'public-key') continue;
      if (algorithm !== null && algorithm !== signatureAlgorithms[credential.algorithm]) continue;
      wasChecked = true;
      if (isSigned(importKey(credential), credential.algorithm, base, signature)) return credential;
    }
    if (!wasChecked) isSigned(decoyKey, 'ed25519', base, signature);
    return null;
  };
}
