import type { Refusal } from '../domain/verdict.js';
import { problems } from '../errors.js';
import type { CredentialHeader } from './credential-source.js';

/** What `WWW-Authenticate` begins with. */
export interface Challenge {
  /** `Bearer` (RFC 6750), or `ApiKey` where the app reads its keys from other headers only. */
  readonly scheme: 'Bearer' | 'ApiKey';
  readonly realm: string;
  /** With `ApiKey`: the headers that are read, separated by blanks. */
  readonly header?: string;
  /** Where clients learn which authorization server issues tokens for the resource (RFC 9728 section 5.1). */
  readonly resourceMetadata?: string;
}

/**
 * The challenge of places that keys are read from. No scheme is registered for a key in a header of its own, so `ApiKey` names the
 * header: a client cannot obey it with `Authorization`, which belongs to the app there.
 */
export function createChallenge(realm: string, sources: readonly CredentialHeader[]): Challenge {
  if (sources.some(({ isAuthorization }) => isAuthorization)) return { scheme: 'Bearer', realm };
  return { scheme: 'ApiKey', realm, header: sources.map(({ name }) => name).join(' ') };
}

/**
 * The value of `WWW-Authenticate` for a refusal. Without a credential there is no `error`; an invalid one is
 * `invalid_token`, a missing scope `insufficient_scope` with the scopes that are needed (RFC 6750 section 3).
 */
export function composeChallenge(challenge: Challenge, refusal: Refusal): string {
  const parts = [`${challenge.scheme} realm=${quoteString(challenge.realm)}`];
  if (challenge.header !== undefined) parts.push(`header=${quoteString(challenge.header)}`);
  const error = getBearerError(refusal);
  if (error !== null) parts.push(`error=${quoteString(error)}`);
  if (refusal.code === 'insufficient_scope' && refusal.requiredScopes !== undefined) {
    parts.push(`scope=${quoteString(refusal.requiredScopes.join(' '))}`);
  }
  if (challenge.resourceMetadata !== undefined) {
    parts.push(`resource_metadata=${quoteString(challenge.resourceMetadata)}`);
  }
  return parts.join(', ');
}

/** The error codes of RFC 6750 section 3.1; `null` where it has none. */
function getBearerError({ code }: Refusal): string | null {
  if (code === 'invalid_request' || code === 'insufficient_scope') return code;
  // Whatever was sent may be valid: it is not signed.
  if (code === 'signature_required') return null;
  return problems[code].family === 'credential' ? 'invalid_token' : null;
}

/**
 * Writes a quoted-string (RFC 9110 section 5.6.4) from printable ASCII; anything else becomes `?`, so that no value can
 * end the header or begin another one.
 */
export function quoteString(text: string): string {
  return `"${text.replace(/[^\x20-\x7e]/g, '?').replace(/["\\]/g, '\\$&')}"`;
}
