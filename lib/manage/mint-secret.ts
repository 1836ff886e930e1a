import type { KeyHint } from '../domain/api-key.js';
import type { SecretCredential } from '../domain/credential.js';
import type { KeyFormat } from '../domain/key-format.js';
import type { ManagePorts } from './manage-ports.js';

/** Length of credential ids, in base62 characters. */
export const credentialIdLength = 12;

/** A new secret: its stored form, and the token, which is returned only once. */
export interface MintedSecret {
  readonly credential: SecretCredential;
  readonly token: string;
  readonly secret: string;
  readonly hint: KeyHint;
}

/** The key that a credential is created for. */
export interface MintFor {
  readonly keyId: string;
  /** The owner of the key. */
  readonly ownerId: string;
  readonly environment: string;
  /** Epoch milliseconds. */
  readonly now: number;
}

/**
 * Draws a secret and hashes it: slowly with bcrypt, and fast under every known pepper, so that a pepper that is being rolled
 * out can already verify it.
 */
export async function mintSecret(
  { random, hasher, digester }: Pick<ManagePorts, 'random' | 'hasher' | 'digester'>,
  format: KeyFormat,
  { keyId, ownerId, environment, now }: MintFor,
): Promise<MintedSecret> {
  const secret = random.draw(format.secret);
  const token = format.compose(keyId, secret);
  const digests = digester.pepperIds.map((pepperId) => [
    pepperId,
    digester.digest(pepperId, environment, keyId, secret),
  ]);
  return {
    token,
    secret,
    hint: { prefix: format.head, lastFour: format.lastFourOf(token) },
    credential: {
      id: random.base62(credentialIdLength),
      kind: 'secret',
      bcryptHash: await hasher.hash(secret, ownerId),
      secretCheck: digester.secretCheck(secret),
      digests: Object.fromEntries(digests) as Record<string, string>,
      createdAt: now,
      endedAt: null,
      endsAt: null,
      graceFromFirstUseSeconds: null,
      sealedSecret: null,
    },
  };
}
