/**
 * Why a key was revoked, in the words of certificates (RFC 5280 section 5.3.1), without those that make no sense for keys.
 */
export type RevocationReason = (typeof revocationReasons)[number];

/** Every reason. */
export const revocationReasons = [
  'unspecified',
  'keyCompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'privilegeWithdrawn',
] as const;
