import { secretLength } from '../domain/key-format.js';
import type { RandomSource } from '../ports/random-source.js';
import type { SecretDigester } from '../ports/secret-digester.js';

/** The first characters are random (160 bits), the last 16 say that they were drawn here (64 bits). */
const proofLength = 16;
const randomLength = secretLength - proofLength;
/** No environment of keys can be called that. */
const purpose = 'REFRESH';

/** Makes the secret of a refresh token of one chain. */
export function createRefreshSecret(digester: SecretDigester, random: RandomSource, grantId: string): string {
  const drawn = random.base62(randomLength);
  const [pepperId = ''] = digester.pepperIds;
  return drawn + computeProof(digester, pepperId, grantId, drawn);
}

/**
 * Whether a secret was made here for this chain, whether it is the one that is good now or was used. One that somebody made
 * up is none that was copied. One that was made with a pepper that is not configured any more is not recognised.
 */
export function isRefreshSecret(digester: SecretDigester, grantId: string, secret: string): boolean {
  const drawn = secret.slice(0, randomLength);
  const proof = secret.slice(randomLength);
  return digester.pepperIds.some((pepperId) =>
    digester.equal(computeProof(digester, pepperId, grantId, drawn), proof),
  );
}

function computeProof(digester: SecretDigester, pepperId: string, grantId: string, drawn: string): string {
  return digester.digest(pepperId, purpose, grantId, drawn).slice(0, proofLength);
}
