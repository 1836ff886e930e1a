import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { SecretDigester } from '../ports/secret-digester.js';
import type { Pepper } from './peppers.js';

/**
 * Creates keyed digests of secrets (OWASP ASVS 6.5.2): an attacker that reads the database or Redis cannot test guesses
 * without a pepper.
 *
 * @param peppers - the current one first
 */
export function createSecretDigester(peppers: readonly Pepper[]): SecretDigester {
  const keys = new Map(peppers.map((pepper) => [pepper.id, pepper.key]));

  return {
    pepperIds: [...keys.keys()],

    digest(pepperId, environment, id, secret) {
      const key = keys.get(pepperId);
      if (key === undefined) throw new RangeError(`There is no pepper ${pepperId}`);
      // Neither environments nor ids can contain NUL, so the encoding of a triple is unambiguous.
      return createHmac('sha256', key).update(`${environment}\0${id}\0${secret}`).digest('hex');
    },

    equal(a, b) {
      const left = Buffer.from(a);
      const right = Buffer.from(b);
      return left.length === right.length && timingSafeEqual(left, right);
    },

    secretCheck(secret) {
      return createHash('sha256').update(secret).digest('hex').slice(0, 8);
    },
  };
}
