import { randomBytes } from 'node:crypto';
import type { ChallengeSigner } from '../ports/challenge-signer.js';
import { createSigner } from './cursor-signer.js';
import type { Pepper } from './peppers.js';

const contentPattern = /^(\d{1,16})\.([A-Za-z0-9_-]{22})$/;

/**
 * Creates a signer of challenges: `<expiry>.<128 random bits>`, encoded and signed like cursors, with a key of its own.
 *
 * @param peppers - the current one first
 */
export function createChallengeSigner(peppers: readonly [Pepper, ...Pepper[]]): ChallengeSigner {
  const signer = createSigner(peppers, 'step-up');
  return {
    make: (expiresAt, binding) =>
      signer.sign(`${expiresAt}.${randomBytes(16).toString('base64url')}`, binding),
    open(challenge, binding) {
      const [, expiresAt, name] = contentPattern.exec(signer.open(challenge, binding) ?? '') ?? [];
      return expiresAt === undefined || name === undefined ? null : { name, expiresAt: Number(expiresAt) };
    },
  };
}
