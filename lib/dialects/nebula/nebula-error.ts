import { problems, type ApiKeysError, type ProblemCode } from '../../errors.js';
import type { DialectAnswer } from '../send-answer.js';

/**
 * No document shows a failure or its status: these are the usual ones, without the rarer ones of the management side.
 */
const statuses: Readonly<Record<ProblemCode, number>> = {
  invalid_request: 400,
  invalid_public_key: 400,
  conflict: 400,
  key_limit_reached: 400,
  request_in_progress: 400,
  idempotency_key_reused: 400,
  precondition_failed: 400,
  unsupported_media_type: 400,
  missing_credential: 401,
  unauthenticated: 401,
  invalid_token: 401,
  key_revoked: 401,
  key_disabled: 401,
  key_expired: 401,
  secret_rotated: 401,
  invalid_signature: 401,
  signature_replayed: 401,
  signature_required: 401,
  address_not_allowed: 403,
  insufficient_scope: 403,
  feature_not_enabled: 403,
  cost_exceeds_limit: 403,
  forbidden: 403,
  cross_site_request: 403,
  step_up_required: 403,
  step_up_invalid: 403,
  step_up_used: 403,
  step_up_expired: 403,
  not_found: 404,
  method_not_allowed: 405,
  payload_too_large: 413,
  step_up_throttled: 429,
  rate_limited: 429,
  too_many_failures: 429,
  credits_exhausted: 429,
  too_many_headers: 431,
  internal_error: 500,
  unavailable: 503,
};

/** The envelope of every failure. */
export function answerNebulaError({ problem, expose, message }: ApiKeysError): DialectAnswer {
  const said = expose ? message : problems[problem].detail;
  return { status: statuses[problem], body: { data: {}, message: said, status: 'failed' } };
}
