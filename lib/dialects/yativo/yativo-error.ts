import { problems, type ApiKeysError, type ProblemCode } from '../../errors.js';
import type { DialectAnswer } from '../send-answer.js';

/** The codes of the documents, and those of what the documents do not know. */
const statuses = {
  validation_error: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  payload_too_large: 413,
  unsupported_media_type: 415,
  rate_limit_exceeded: 429,
  internal_error: 500,
  service_unavailable: 503,
} as const;

/** What each of our problems is called there. */
const codes: Readonly<Record<ProblemCode, keyof typeof statuses>> = {
  invalid_request: 'validation_error',
  invalid_public_key: 'validation_error',
  too_many_headers: 'validation_error',
  missing_credential: 'unauthorized',
  unauthenticated: 'unauthorized',
  invalid_token: 'unauthorized',
  key_revoked: 'unauthorized',
  key_disabled: 'unauthorized',
  key_expired: 'unauthorized',
  secret_rotated: 'unauthorized',
  invalid_signature: 'unauthorized',
  signature_replayed: 'unauthorized',
  signature_required: 'unauthorized',
  address_not_allowed: 'forbidden',
  insufficient_scope: 'forbidden',
  feature_not_enabled: 'forbidden',
  cost_exceeds_limit: 'forbidden',
  forbidden: 'forbidden',
  step_up_required: 'forbidden',
  step_up_invalid: 'forbidden',
  step_up_used: 'forbidden',
  step_up_expired: 'forbidden',
  cross_site_request: 'forbidden',
  not_found: 'not_found',
  method_not_allowed: 'method_not_allowed',
  conflict: 'conflict',
  key_limit_reached: 'conflict',
  request_in_progress: 'conflict',
  idempotency_key_reused: 'conflict',
  precondition_failed: 'conflict',
  payload_too_large: 'payload_too_large',
  unsupported_media_type: 'unsupported_media_type',
  rate_limited: 'rate_limit_exceeded',
  too_many_failures: 'rate_limit_exceeded',
  credits_exhausted: 'rate_limit_exceeded',
  step_up_throttled: 'rate_limit_exceeded',
  internal_error: 'internal_error',
  unavailable: 'service_unavailable',
};

/** What is said to whoever asks for a token with a pair that is not good, whatever is wrong with it. */
export const badPair = 'Invalid, expired, or revoked API key';

/** Says an error in the shapes of all generations at once. Its own headers are added by who sends it. */
export function yativoError(error: ApiKeysError): DialectAnswer {
  const code = codes[error.problem];
  const retryAfter = error.headers['Retry-After'];
  const { errors } = error;
  return {
    status: statuses[code],
    body: {
      ...errorBody(code, messageOf(error)),
      ...(errors === undefined
        ? {}
        : { details: Object.fromEntries(errors.map(({ field, message }) => [field, message])) }),
      ...(retryAfter === undefined ? {} : { retry_after: Number(retryAfter) }),
    },
  };
}

/** What every body of an error holds. */
export function errorBody(error: string, message: string): object {
  return { success: false, status: 'error', error, message };
}

function messageOf({ problem, message, expose, refusal }: ApiKeysError): string {
  if (problem === 'insufficient_scope' && refusal?.missingScopes !== undefined) {
    const missing = refusal.missingScopes.map((scope) => `'${scope}'`).join(' and ');
    return `API key does not have the ${missing} permission${refusal.missingScopes.length === 1 ? '' : 's'}`;
  }
  return expose ? message : problems[problem].detail;
}
