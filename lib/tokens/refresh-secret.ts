import { secretLength } from '../domain/key-format.js';
import type { RandomSource } from '../ports/random-source.js';
import type { SecretDigester } from '../ports/secret-digester.js';

/** The first characters are random (160 bits), the last 16 prove that they were drawn here (64 bits). */
const proofLength = 16;
const randomLength = secretLength - proofLength;
/** Cannot collide with an environment: none can have this name. */
const purpose = 'REFRESH';

/** Creates the secret of a refresh token of one chain. */
export function createRefreshSecret(digester: SecretDigester, random: RandomSource, grantId: string): string {
  const drawn = random.base62(randomLength);
  const [pepperId = ''] = digester.pepperIds;
  return drawn + computeProof(digester, pepperId, grantId, drawn);
}

/**
 * Whether a secret was created here for this chain, whether it is the current one or was used before. A made-up secret must
 * not be mistaken for a stolen one. A secret under a pepper that is no longer configured is not recognized.
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
