import type { Refusal, RefusalCode } from '../domain/verdict.js';
import { ApiKeysError, problems } from '../errors.js';
import { composeChallenge, type Challenge } from './challenge.js';
import { composeRateLimitHeaders } from './rate-limit-headers.js';

/** Turns a refusal into the error that is sent or passed on, with the headers that belong to it. */
export function toRefusalError(refusal: Refusal, challenge: Challenge): ApiKeysError {
  const detail = composeDetail(refusal);
  return new ApiKeysError(refusal.code, {
    ...(detail === null ? {} : { detail }),
    refusal,
    headers: {
      ...(needsChallenge(refusal.code) ? { 'WWW-Authenticate': composeChallenge(challenge, refusal) } : {}),
      ...(refusal.allowedMethods === undefined ? {} : { Allow: refusal.allowedMethods.join(', ') }),
      ...(refusal.rateLimits === undefined ? {} : composeRateLimitHeaders(refusal.rateLimits)),
      ...(refusal.retryAfterSeconds === undefined
        ? {}
        : { 'Retry-After': String(refusal.retryAfterSeconds) }),
    },
  });
}

/** Hides the state of a key, for apps that do not reveal it even to the holder of the secret. */
export function toOpaqueRefusal(refusal: Refusal): Refusal {
  const tellsState = stateCodes.includes(refusal.code) || refusal.code === 'invalid_token';
  return tellsState ? { allowed: false, code: 'invalid_token' } : refusal;
}

const stateCodes: readonly RefusalCode[] = [
  'key_revoked',
  'key_disabled',
  'key_expired',
  'owner_suspended',
  'secret_rotated',
];

function composeDetail(refusal: Refusal): string | null {
  if (refusal.detail !== undefined) return refusal.detail;
  if (refusal.violatedPolicies !== undefined) {
    return `This API key has used up ${refusal.violatedPolicies.join(' and ')}. Wait as long as Retry-After says.`;
  }
  if (refusal.code === 'insufficient_scope' && refusal.missingScopes !== undefined) {
    return `This API key lacks ${refusal.missingScopes.join(' and ')}.`;
  }
  if (refusal.requiredFeature !== undefined) {
    return `This API key does not have the feature ${refusal.requiredFeature}.`;
  }
  return null;
}

/** Every 401 and 403 states how to authenticate; RFC 6750 adds the 400 of a request with two credentials. */
function needsChallenge(code: RefusalCode): boolean {
  return problems[code].status <= 403;
}
