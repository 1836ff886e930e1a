import { timingSafeEqual } from 'node:crypto';
import type { VerifiableKey } from '../domain/api-key.js';
import { isSecret, type VerifiableSecret } from '../domain/credential.js';
import type { KeyFormat } from '../domain/key-format.js';
import type { SecretSealer } from '../ports/secret-sealer.js';
import { hmacPurpose } from './hmac-purpose.js';
import { requestHmac, type HmacParts } from './hmac-signature.js';

const nobody = Buffer.alloc(32);

/**
 * The secret of a key that made an HMAC. Signers take the whole token or the secret in it for their secret, whichever
 * they keep. A secret that was sealed under a pepper that is not known any more signs nothing.
 */
export function proveHmac(
  sealer: SecretSealer,
  format: KeyFormat,
  key: VerifiableKey | null,
  parts: HmacParts,
  signature: Uint8Array,
): VerifiableSecret | null {
  const sealed = key?.credentials.filter(isSecret).filter(({ sealedSecret }) => sealedSecret !== null) ?? [];
  let found: VerifiableSecret | null = null;
  for (const credential of sealed) {
    const secret = sealer.open(credential.sealedSecret ?? '', hmacPurpose(key?.id ?? '', credential.id));
    if (secret === null) continue;
    const token = format.compose(key?.id ?? '', secret.toString());
    const isRight = [secret, token].map((each) => isEqual(requestHmac(each, parts), signature));
    if (isRight.includes(true)) found ??= credential;
  }
  // An unknown key costs the same.
  if (sealed.length === 0) for (const each of [nobody, nobody]) isEqual(requestHmac(each, parts), signature);
  return found;
}

function isEqual(expected: Uint8Array, given: Uint8Array): boolean {
  return expected.length === given.length && timingSafeEqual(expected, given);
}
