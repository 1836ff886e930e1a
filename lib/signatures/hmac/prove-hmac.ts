import { timingSafeEqual } from 'node:crypto';
import type { VerifiableKey } from '../../domain/api-key.js';
import { isSecret, type VerifiableSecret } from '../../domain/credential.js';
import type { KeyFormat } from '../../domain/key-format.js';
import type { SecretSealer } from '../../ports/secret-sealer.js';
import { createHmacPurpose } from './hmac-purpose.js';

/** A key that may have signed, and the format of its tokens. */
export interface HmacSigner {
  readonly key: VerifiableKey;
  readonly format: Pick<KeyFormat, 'compose'>;
}

/** Computes the HMACs that a secret would have produced. */
export type ComputeHmacs = (secret: string | Buffer) => readonly Buffer[];

/** A secret of no key, for constant cost. */
const decoySecret = Buffer.alloc(32);

/**
 * Finds the secret of a key that produced an HMAC. Signers may use the whole token or only its secret part. A secret that was
 * sealed under a pepper that is no longer configured cannot verify signatures.
 *
 * @param hmacsOf - over the possible signed content: one, or several where clients may name the same target differently
 */
export function proveHmac(
  sealer: SecretSealer,
  signer: HmacSigner | null,
  hmacsOf: ComputeHmacs,
  signature: Uint8Array,
): VerifiableSecret | null {
  const sealed = signer?.key.credentials.filter(isSecret).filter(isSealed) ?? [];
  let found: VerifiableSecret | null = null;
  for (const credential of sealed) {
    const keyId = signer?.key.id ?? '';
    const secret = sealer.open(credential.sealedSecret ?? '', createHmacPurpose(keyId, credential.id));
    if (secret === null) continue;
    const token = signer?.format.compose(keyId, secret.toString()) ?? '';
    if (isMadeBy([secret, token], hmacsOf, signature)) found ??= credential;
  }
  // An unknown key costs the same.
  if (sealed.length === 0) isMadeBy([decoySecret, decoySecret], hmacsOf, signature);
  return found;
}

function isSealed({ sealedSecret }: VerifiableSecret): boolean {
  return sealedSecret !== null;
}

/** Tries every secret, so that the response time does not reveal which one matched. */
function isMadeBy(
  secrets: readonly (string | Buffer)[],
  hmacsOf: ComputeHmacs,
  signature: Uint8Array,
): boolean {
  const results = secrets.flatMap((secret) => hmacsOf(secret).map((hmac) => isEqual(hmac, signature)));
  return results.includes(true);
}

function isEqual(expected: Uint8Array, given: Uint8Array): boolean {
  return expected.length === given.length && timingSafeEqual(expected, given);
}
