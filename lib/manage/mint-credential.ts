import type { Credential } from '../domain/credential.js';
import type { KeyHint } from '../domain/api-key.js';
import type { KeyFormat } from '../domain/key-format.js';
import type { PublicKey } from '../domain/public-key.js';
import type { SigningMethod } from '../domain/signing-method.js';
import { createHmacPurpose } from '../signatures/hmac/hmac-purpose.js';
import type { ManagePorts } from './manage-ports.js';
import { credentialIdLength, mintSecret, type MintFor } from './mint-secret.js';

/** The requested credential of a key. */
export interface WantedCredential {
  /** The public key whose private half the owner has; without one, a secret is drawn. */
  readonly publicKey?: PublicKey | undefined;
  /** Set for a secret that may sign requests. */
  readonly signing?: SigningMethod | undefined;
}

/** A new credential, and its token if it is a secret, which is returned only once. */
export interface MintedCredential {
  readonly credential: Credential;
  readonly token: string | null;
  readonly hint: KeyHint;
}

/** Creates a credential. */
export async function mintCredential(
  ports: Pick<ManagePorts, 'random' | 'hasher' | 'digester' | 'secretSealer'>,
  format: KeyFormat,
  mintFor: MintFor,
  { publicKey, signing }: WantedCredential,
): Promise<MintedCredential> {
  if (publicKey === undefined) {
    const { secret, ...minted } = await mintSecret(ports, format, mintFor);
    if (signing === undefined) return minted;
    // Signatures can only be verified with the secret itself, so it is kept, sealed.
    const purpose = createHmacPurpose(mintFor.keyId, minted.credential.id);
    const sealedSecret = ports.secretSealer.seal(Buffer.from(secret), purpose);
    return { ...minted, credential: { ...minted.credential, sealedSecret } };
  }
  return {
    token: null,
    hint: { prefix: format.head, lastFour: publicKey.sha256Fingerprint.slice(-4) },
    credential: {
      id: ports.random.base62(credentialIdLength),
      kind: 'public-key',
      ...publicKey,
      createdAt: mintFor.now,
      endedAt: null,
      endsAt: null,
      graceFromFirstUseSeconds: null,
    },
  };
}
