import type { RefusalCode } from './domain/verdict.js';

/** Every `code` of a problem answer: a refusal of the guard, a refusal of the management side, or a failure. */
export type ProblemCode =
  | RefusalCode
  | 'unauthenticated'
  | 'invalid_public_key'
  | 'forbidden'
  | 'step_up_required'
  | 'step_up_invalid'
  | 'step_up_used'
  | 'step_up_expired'
  | 'step_up_throttled'
  | 'cross_site_request'
  | 'not_found'
  | 'conflict'
  | 'key_limit_reached'
  | 'request_in_progress'
  | 'idempotency_key_reused'
  | 'precondition_failed'
  | 'payload_too_large'
  | 'unsupported_media_type'
  | 'internal_error'
  | 'unavailable';

/**
 * What kind of a problem it is. Other systems tell fewer problems apart than there are codes here; compatibility routers say
 * what each family is called there, so that a new code has its place in all of them.
 */
export type ProblemFamily =
  /** Something in the request has to be written otherwise. */
  | 'invalid'
  | 'headers'
  | 'method'
  | 'size'
  | 'media_type'
  | 'not_found'
  /** The request does not fit what is stored now. */
  | 'conflict'
  /** Nothing was sent that identifies the caller. */
  | 'authentication'
  /** What was sent is not accepted, or no longer. */
  | 'credential'
  /** The caller is known, and may not do this. */
  | 'permission'
  | 'step_up'
  | 'throttling'
  | 'internal'
  | 'unavailable';

/** One row of the error table. */
export interface ProblemDefinition {
  readonly family: ProblemFamily;
  readonly status: number;
  /** Short and the same for every occurrence (RFC 9457 section 3.1.3). */
  readonly title: string;
  /** What to do about it; the default `detail`. */
  readonly detail: string;
}

/** code -> status and public sentences. The only place where a code gets its status. */
export const problems: Readonly<Record<ProblemCode, ProblemDefinition>> = {
  invalid_request: {
    family: 'invalid',
    status: 400,
    title: 'Invalid request',
    detail: 'Correct the request and send it again.',
  },
  missing_credential: {
    family: 'authentication',
    status: 401,
    title: 'API key required',
    detail: 'Send an API key with the request.',
  },
  invalid_token: {
    family: 'credential',
    status: 401,
    title: 'Invalid API key',
    detail: 'The API key is not valid. Check that it was copied whole.',
  },
  key_revoked: {
    family: 'credential',
    status: 401,
    title: 'API key revoked',
    detail: 'This API key was revoked and cannot be used again. Use another one.',
  },
  key_disabled: {
    family: 'credential',
    status: 401,
    title: 'API key disabled',
    detail: 'This API key is disabled. Its owner can enable it again.',
  },
  key_expired: {
    family: 'credential',
    status: 401,
    title: 'API key expired',
    detail: 'This API key has expired. Extend it or use another one.',
  },
  owner_suspended: {
    family: 'permission',
    status: 403,
    title: 'Owner suspended',
    detail: 'All API keys of this account are suspended. Contact the operator of this API.',
  },
  secret_rotated: {
    family: 'credential',
    status: 401,
    title: 'API key rotated',
    detail: 'This API key has a new secret. Use the one that the last rotation returned.',
  },
  address_not_allowed: {
    family: 'permission',
    status: 403,
    title: 'Address not allowed',
    detail: 'This API key may not be used from your address.',
  },
  insufficient_scope: {
    family: 'permission',
    status: 403,
    title: 'Insufficient scope',
    detail: 'This API key does not hold a scope that is needed here.',
  },
  feature_not_enabled: {
    family: 'permission',
    status: 403,
    title: 'Feature not enabled',
    detail: 'This API key was not given a feature that is needed here.',
  },
  resource_not_allowed: {
    family: 'permission',
    status: 403,
    title: 'Resource not allowed',
    detail:
      'This API key is bound to single resources, and cannot be used for this one, or on this route at all.',
  },
  invalid_signature: {
    family: 'credential',
    status: 401,
    title: 'Invalid signature',
    detail: 'The signature of the request is not valid. Sign the request exactly as it is sent.',
  },
  signature_replayed: {
    family: 'credential',
    status: 401,
    title: 'Signature already used',
    detail: 'This signature was used before. Create a new signature for every request.',
  },
  signature_required: {
    family: 'credential',
    status: 401,
    title: 'Signature required',
    detail: 'Sign the request.',
  },
  method_not_allowed: {
    family: 'method',
    status: 405,
    title: 'Method not allowed',
    detail: 'Use one of the methods in the Allow header.',
  },
  too_many_headers: {
    family: 'headers',
    status: 431,
    title: 'Too many header fields',
    detail: 'Send fewer than 1,000 header fields.',
  },
  rate_limited: {
    family: 'throttling',
    status: 429,
    title: 'Too many requests',
    detail: 'This API key has no more requests left for now. Wait as long as Retry-After says.',
  },
  too_many_failures: {
    family: 'throttling',
    status: 429,
    title: 'Too many failures',
    detail: 'Too many wrong API keys were sent from your network. Wait as long as Retry-After says.',
  },
  cost_exceeds_limit: {
    family: 'permission',
    status: 403,
    title: 'Cost exceeds limit',
    detail: 'This request costs more than the limits of this API key ever allow. Ask for higher limits.',
  },
  credits_exhausted: {
    family: 'throttling',
    status: 429,
    title: 'No credits left',
    detail: 'This API key does not have enough credits left for the request.',
  },
  invalid_public_key: {
    family: 'invalid',
    status: 400,
    title: 'Invalid public key',
    detail: 'Send an Ed25519 key, or an RSA key with 2048 to 8192 bits, as PEM.',
  },
  unauthenticated: {
    family: 'authentication',
    status: 401,
    title: 'Sign-in required',
    detail: 'Sign in to manage API keys.',
  },
  forbidden: {
    family: 'permission',
    status: 403,
    title: 'Forbidden',
    detail: 'You may not do this with API keys.',
  },
  step_up_required: {
    family: 'step_up',
    status: 403,
    title: 'Second factor required',
    detail:
      'Repeat the request with Step-Up-Challenge, the id of this challenge, and Step-Up-Code, a code for it.',
  },
  step_up_invalid: {
    family: 'step_up',
    status: 403,
    title: 'Second factor wrong',
    detail: 'The code is wrong. Check it, and repeat the request with this challenge.',
  },
  step_up_used: {
    family: 'step_up',
    status: 403,
    title: 'Second factor used',
    detail: 'The challenge or the code was used before. Take this challenge, and wait for the next code.',
  },
  step_up_expired: {
    family: 'step_up',
    status: 403,
    title: 'Second factor expired',
    detail: 'The challenge or the code came too late. Take this challenge, and the code that is shown now.',
  },
  step_up_throttled: {
    family: 'throttling',
    status: 429,
    title: 'Too many wrong codes',
    detail: 'Too many wrong codes were sent. Wait as long as Retry-After says.',
  },
  cross_site_request: {
    family: 'permission',
    status: 403,
    title: 'Cross-site request refused',
    detail: 'Send the request from the site itself, or list its origin in allowedOrigins.',
  },
  not_found: {
    family: 'not_found',
    status: 404,
    title: 'Not found',
    detail: 'There is no such resource.',
  },
  conflict: {
    family: 'conflict',
    status: 409,
    title: 'Conflict',
    detail: 'The API key is in a state that does not allow this.',
  },
  key_limit_reached: {
    family: 'conflict',
    status: 409,
    title: 'Key limit reached',
    detail: 'The maximum number of API keys has been reached. Revoke one first.',
  },
  request_in_progress: {
    family: 'conflict',
    status: 409,
    title: 'Request in progress',
    detail: 'A request with this Idempotency-Key is still being answered. Try again in a moment.',
  },
  precondition_failed: {
    family: 'conflict',
    status: 412,
    title: 'Precondition failed',
    detail: 'The API key has changed since. Read it again and repeat with its new ETag.',
  },
  payload_too_large: {
    family: 'size',
    status: 413,
    title: 'Payload too large',
    detail: 'Send a body of at most 64 KiB.',
  },
  unsupported_media_type: {
    family: 'media_type',
    status: 415,
    title: 'Unsupported media type',
    detail: 'Send JSON in UTF-8 as application/json.',
  },
  idempotency_key_reused: {
    family: 'conflict',
    status: 422,
    title: 'Idempotency-Key reused',
    detail: 'This Idempotency-Key was sent with another request before. Use a new one for each change.',
  },
  internal_error: {
    family: 'internal',
    status: 500,
    title: 'Internal error',
    detail: 'Something went wrong here. Try again later.',
  },
  unavailable: {
    family: 'unavailable',
    status: 503,
    title: 'Temporarily unavailable',
    detail: 'API keys cannot be checked or changed right now. Try again in a moment.',
  },
};

/**
 * What the `type` of a problem begins with unless `refusals.typeBase` says otherwise: the page of error codes in the
 * documentation. A placeholder, which `prepublishOnly` refuses.
 */
export const defaultTypeBase = 'https://example.invalid/express-api-keys/docs/reference/errors.md';
