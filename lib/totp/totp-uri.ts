import { TOTP } from 'otpauth';
import { totpSettings } from './totp-settings.js';

/** What an authenticator app is told. */
export interface TotpAccount {
  /** In base32, of `createTotpSecret`. */
  readonly secret: string;
  /** The app's name, as its users know it. */
  readonly issuer: string;
  /** The user's name. */
  readonly account: string;
}

/** The text that authenticator apps read, usually from a QR code: `otpauth://totp/…`. It holds the secret. */
export function totpUri({ secret, issuer, account }: TotpAccount): string {
  return new TOTP({ ...totpSettings, secret, issuer, label: account }).toString();
}
