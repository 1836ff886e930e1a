// One-time codes of authenticator apps (TOTP, RFC 6238). Needs the package `otpauth`.
export { createTotpSecret } from './totp-secret.js';
export { createTotpVerifier, type TotpOptions, type VerifyTotp } from './totp-verifier.js';
export { totpUri, type TotpAccount } from './totp-uri.js';
