import { hkdfSync } from 'node:crypto';
import type { Actor } from 'express-api-keys';
import { createTotpSecret, totpUri } from 'express-api-keys/totp';

/** The second factors of the users of this service. */
export interface SecondFactors {
  /** The base32 secret of the signed-in user. */
  secretFor(actor: Actor): string | null;
  /** Formats the `otpauth://` URI for an authenticator app; it contains the secret. */
  formatUri(userName: string): string;
}

/**
 * A real app generates a random secret when a user enrolls, shows it once as a QR code, and stores it encrypted. Here the
 * secrets are derived, so that they are the same in every process and after every restart.
 *
 * @param secret - the secret that they are derived from
 */
export function createSecondFactors(secret: string): SecondFactors {
  const deriveSecret = (userName: string): string =>
    createTotpSecret(new Uint8Array(hkdfSync('sha256', secret, '', `example-app TOTP of ${userName}`, 20)));

  return {
    secretFor(actor) {
      if (actor.kind === 'owner') return deriveSecret(actor.memberId ?? actor.ownerId);
      return actor.kind === 'admin' ? deriveSecret(actor.id) : null;
    },
    formatUri: (userName) =>
      totpUri({ secret: deriveSecret(userName), issuer: 'example-app', account: userName }),
  };
}
