import { TOTP } from 'otpauth';
import { totpSettings } from './totp-settings.js';

/** The account that an authenticator app is enrolled with. */
export interface TotpAccount {
  /** In base32, from `createTotpSecret`. */
  readonly secret: string;
  /** The app's name, as its users know it. */
  readonly issuer: string;
  /** The user's name. */
  readonly account: string;
}

/**
 * Returns the URI that authenticator apps read, usually from a QR code: `otpauth://totp/…`. It contains the secret.
 *
 * @example
 * const uri = totpUri({ secret, issuer: 'Acme', account: 'alice' });
 */
export function totpUri({ secret, issuer, account }: TotpAccount): string {
  return new TOTP({ ...totpSettings, secret, issuer, label: account }).toString();
}
