import { InvalidFieldError } from './key-fields.js';

/**
 * Why a key was revoked: the reasons of certificate revocation (RFC 5280 section 5.3.1) that make sense for keys.
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

/** Parses the reason for a revocation. */
export function parseRevocationReason(value: unknown): RevocationReason {
  const reason = revocationReasons.find((each) => each === value);
  if (reason !== undefined) return reason;
  throw new InvalidFieldError(`must be one of ${revocationReasons.join(', ')}`);
}
