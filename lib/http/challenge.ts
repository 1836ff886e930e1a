import type { Refusal } from '../domain/verdict.js';

/** What `WWW-Authenticate` begins with. */
export interface Challenge {
  /** `Bearer` (RFC 6750), or `ApiKey` where the app reads its keys from other headers only. */
  readonly scheme: 'Bearer' | 'ApiKey';
  readonly realm: string;
}

/**
 * The value of `WWW-Authenticate` for a refusal. Without a credential there is no `error`; an invalid one is
 * `invalid_token`, a missing scope `insufficient_scope` with the scopes that are needed (RFC 6750 section 3).
 */
export function composeChallenge(challenge: Challenge, refusal: Refusal): string {
  const parts = [`${challenge.scheme} realm=${quoted(challenge.realm)}`];
  const error = errorOf(refusal);
  if (error !== null) parts.push(`error=${quoted(error)}`);
  if (refusal.code === 'insufficient_scope' && refusal.requiredScopes !== undefined) {
    parts.push(`scope=${quoted(refusal.requiredScopes.join(' '))}`);
  }
  return parts.join(', ');
}

function errorOf(refusal: Refusal): string | null {
  switch (refusal.code) {
    case 'missing_credential':
    case 'method_not_allowed':
    case 'too_many_headers':
    case 'address_not_allowed':
    case 'rate_limited':
    case 'cost_exceeds_limit':
    case 'credits_exhausted':
    case 'too_many_failures':
    case 'feature_not_enabled':
    case 'signature_required':
      return null;
    case 'invalid_request':
    case 'insufficient_scope':
      return refusal.code;
    case 'invalid_token':
    case 'key_revoked':
    case 'key_disabled':
    case 'key_expired':
    case 'secret_rotated':
    case 'invalid_signature':
    case 'signature_replayed':
      return 'invalid_token';
  }
}

/**
 * Writes a quoted-string (RFC 9110 section 5.6.4) from printable ASCII; anything else becomes `?`, so that no value can
 * end the header or begin another one.
 */
export function quoted(text: string): string {
  return `"${text.replace(/[^\x20-\x7e]/g, '?').replace(/["\\]/g, '\\$&')}"`;
}
