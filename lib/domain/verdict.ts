import type { ApiKeyIdentity } from './api-key-identity.js';
import type { RateLimitState } from './rate-limit-state.js';

/** Every reason why a guard refuses a request; `problems.ts` has the status and the message of each. */
export const refusalCodes = [
  /** Two credentials, or one header twice (RFC 6750 section 3.1). */
  'invalid_request',
  'missing_credential',
  'invalid_token',
  'key_revoked',
  'key_disabled',
  'key_expired',
  /** All keys of the owner are refused, until the owner is resumed. */
  'owner_suspended',
  /** The secret was valid until a rotation replaced it. */
  'secret_rotated',
  'address_not_allowed',
  'insufficient_scope',
  /** The route requires a feature that the key does not have. */
  'feature_not_enabled',
  /** The key is bound to single resources, and the request is about another one, or the route does not say about which. */
  'resource_not_allowed',
  /** A signature that is invalid, or that lacks a required component or parameter. */
  'invalid_signature',
  /** A valid signature that has already been used. */
  'signature_replayed',
  /** The route accepts signed requests only. */
  'signature_required',
  /** A window of the key or of its owner does not have enough left. */
  'rate_limited',
  /** The request costs more than a window's limit, or than a refill of credits, so retrying later never helps. */
  'cost_exceeds_limit',
  /** The key does not have enough credits left for the request. */
  'credits_exhausted',
  /** The key is invalid, and so were too many others from the same network (`failureBudget`). */
  'too_many_failures',
  'method_not_allowed',
  'too_many_headers',
] as const;

/**
 * Why a request is refused. Unknown, malformed and incorrect tokens are all `invalid_token`; the specific reason is
 * returned only to a caller that has proven the secret. An outage (a store that does not respond) is an exception, not a
 * refusal.
 */
export type RefusalCode = (typeof refusalCodes)[number];

/** One refusal, with the details that may be returned to the caller. */
export interface Refusal {
  readonly allowed: false;
  readonly code: RefusalCode;
  /** What the caller should do, where the code alone does not make it clear. */
  readonly detail?: string;
  /** With `key_expired`: that the key was not used for too long. Absent: its `expiresAt` is in the past. */
  readonly reason?: 'idle';
  /** With `insufficient_scope`: what the route requires. */
  readonly requiredScopes?: readonly string[];
  /** With `insufficient_scope`: what the key lacks. */
  readonly missingScopes?: readonly string[];
  /** With `feature_not_enabled`: what the route requires. */
  readonly requiredFeature?: string;
  /** With `rate_limited`: the state of every window. */
  readonly rateLimits?: readonly RateLimitState[];
  /** With `rate_limited` and `cost_exceeds_limit`: the names of the windows that do not have enough left, or never will. */
  readonly violatedPolicies?: readonly string[];
  /** When a retry may succeed, in whole seconds from now; omitted when that is unknown or never. */
  readonly retryAfterSeconds?: number;
  /** With `method_not_allowed`: the methods that the guard allows. */
  readonly allowedMethods?: readonly string[];
  /** Present only if the secret was valid. For logs; never sent. */
  readonly keyId?: string;
  /** The owner of the key; present only if the secret was valid. For logs; never sent. */
  readonly ownerId?: string;
}

/** A secret that a rotation has replaced but that still works. */
export interface DeprecatedSecret {
  /** When the newer secret was created. */
  readonly since: Date;
  /** When it expires; `null` while that is unknown, because the newer secret has not been used yet. */
  readonly endsAt: Date | null;
}

/** The request is authenticated as this key and allowed. */
export interface Allowed {
  readonly allowed: true;
  readonly apiKey: ApiKeyIdentity;
  /** Present if the secret is not the newest one of its key: the client should switch to the newest one. */
  readonly deprecatedSecret?: DeprecatedSecret;
  /** The state of the windows that the request counted against; omitted if there are none. */
  readonly rateLimits?: readonly RateLimitState[];
}

/** What verification returns. */
export type Verdict = Allowed | Refusal;
