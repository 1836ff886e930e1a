import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { VerifiableKey } from '../../domain/api-key.js';
import type { VerifiablePublicKey } from '../../domain/credential.js';
import { isSignedBy, signatureAlgorithms } from '../check-signature.js';

/** Finds the public key of a key that made a signature. */
export type ProveSignature = (
  key: VerifiableKey | null,
  algorithm: string | null,
  base: string,
  signature: Uint8Array,
) => VerifiablePublicKey | null;

/**
 * Builds the check. The stored key says which algorithm it is; a message may only agree. An unknown key costs a signature
 * as well, so that the time does not tell.
 *
 * @param isSigned - how signatures are checked; default: as those of requests
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
