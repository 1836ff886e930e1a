import type { ApiKeyIdentity } from './api-key-identity.js';
import type { RateLimitState } from './rate-limit-state.js';

/** Every reason for which a guard refuses a request; `problems.ts` has the status and the sentence of each. */
export const refusalCodes = [
  /** Two credentials, or one header twice (RFC 6750 section 3.1). */
  'invalid_request',
  'missing_credential',
  'invalid_token',
  'key_revoked',
  'key_disabled',
  'key_expired',
  /** The secret was right once and has been rotated out. */
  'secret_rotated',
  'address_not_allowed',
  'insufficient_scope',
  /** The route asks for a feature that the key was not given. */
  'feature_not_enabled',
  /** A signature that is not right, or does not cover or say what it must. */
  'invalid_signature',
  /** A signature that was right, once. */
  'signature_replayed',
  /** The route takes signed requests only. */
  'signature_required',
  /** A window of the key or of its owner has not enough left. */
  'rate_limited',
  /** The request costs more than a window, or a refill of credits, ever holds: no waiting helps. */
  'cost_exceeds_limit',
  /** The key has not enough left to pay for the request. */
  'credits_exhausted',
  /** The key is wrong, and so were too many others from the same network (`failureBudget`). */
  'too_many_failures',
  'method_not_allowed',
  'too_many_headers',
] as const;

/**
 * Why a request is refused. Unknown, malformed and wrong tokens are all `invalid_token`; the specific reason is returned
 * only to a caller that has proven the secret. An outage (a store that does not answer) is an exception, not a refusal.
 */
export type RefusalCode = (typeof refusalCodes)[number];

/** One refusal, with what the caller may be told. */
export interface Refusal {
  readonly allowed: false;
  readonly code: RefusalCode;
  /** What the caller should do, where the code alone does not say it. */
  readonly detail?: string;
  /** With `insufficient_scope`: what the route requires. */
  readonly requiredScopes?: readonly string[];
  /** With `insufficient_scope`: what the key lacks. */
  readonly missingScopes?: readonly string[];
  /** With `feature_not_enabled`: what the route asks for. */
  readonly requiredFeature?: string;
  /** With `rate_limited`: how every window stands. */
  readonly rateLimits?: readonly RateLimitState[];
  /** With `rate_limited` and `cost_exceeds_limit`: the names of the windows that have not enough left, or never will. */
  readonly violatedPolicies?: readonly string[];
  /** When it may be different, in whole seconds from now; left out when that is not known or never. */
  readonly retryAfterSeconds?: number;
  /** With `method_not_allowed`: the methods that the guard lets through. */
  readonly allowedMethods?: readonly string[];
  /** Only when the secret was right. For logs; never sent. */
  readonly keyId?: string;
  /** Whose key it is; only when the secret was right. For logs; never sent. */
  readonly ownerId?: string;
}

/** A secret that a rotation has replaced, and that still works. */
export interface DeprecatedSecret {
  /** When the newer one was made. */
  readonly since: Date;
  /** When it ends; `null` as long as that is not known, because the newer one has not been used yet. */
  readonly endsAt: Date | null;
}

/** The request is let in as this key. */
export interface Allowed {
  readonly allowed: true;
  readonly apiKey: ApiKeyIdentity;
  /** Present when the secret is not the newest one of its key: its holder should change to that one. */
  readonly deprecatedSecret?: DeprecatedSecret;
  /** How the windows stand in which the request was counted; left out when there are none. */
  readonly rateLimits?: readonly RateLimitState[];
}

/** What verification returns. */
export type Verdict = Allowed | Refusal;
