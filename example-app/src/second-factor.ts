import { hkdfSync } from 'node:crypto';
import type { Actor } from 'express-api-keys';
import { createTotpSecret, totpUri } from 'express-api-keys/totp';

/** The second factors of the users of this service. */
export interface SecondFactors {
  /** The secret of whoever is signed in, in base32. */
  secretFor(actor: Actor): string | null;
  /** What an authenticator app is told; it holds the secret. */
  uriOf(userName: string): string;
}

/**
 * A real app makes a random secret when a user turns the second factor on, shows it once as a QR code, and keeps it
 * encrypted. Here they are derived, so that every process and every start has the same ones.
 *
 * @param secret - what they are derived from
 */
export function createSecondFactors(secret: string): SecondFactors {
  const secretOf = (userName: string): string =>
    createTotpSecret(new Uint8Array(hkdfSync('sha256', secret, '', `example-app TOTP of ${userName}`, 20)));

  return {
    secretFor(actor) {
      if (actor.kind === 'owner') return secretOf(actor.ownerId);
      return actor.kind === 'admin' ? secretOf(actor.id) : null;
    },
    uriOf: (userName) => totpUri({ secret: secretOf(userName), issuer: 'example-app', account: userName }),
  };
}
