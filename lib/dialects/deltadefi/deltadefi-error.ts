import type { ApiKeysError, ProblemCode } from '../../errors.js';
import type { DialectAnswer } from '../send-answer.js';

/** DeltaDeFi's list of status codes; the spelling is its own. */
const sentences = {
  4000: 'Invalid request data',
  4010: 'Unauthorized access',
  4290: 'Rate limit exceeded, please try again later',
  5000: 'Internal Server Error',
  5001: 'System resources temporaily unavailable',
} as const;

type DeltadefiCode = keyof typeof sentences;

/** The documents know no code for what is forbidden: it is unauthorized there, with 403. */
const codes: Readonly<Record<ProblemCode, DeltadefiCode>> = {
  invalid_request: 4000,
  invalid_public_key: 4000,
  method_not_allowed: 4000,
  too_many_headers: 4000,
  payload_too_large: 4000,
  unsupported_media_type: 4000,
  not_found: 4000,
  conflict: 4000,
  key_limit_reached: 4000,
  request_in_progress: 4000,
  idempotency_key_reused: 4000,
  precondition_failed: 4000,
  missing_credential: 4010,
  unauthenticated: 4010,
  invalid_token: 4010,
  key_revoked: 4010,
  key_disabled: 4010,
  key_expired: 4010,
  secret_rotated: 4010,
  invalid_signature: 4010,
  signature_replayed: 4010,
  signature_required: 4010,
  address_not_allowed: 4010,
  insufficient_scope: 4010,
  feature_not_enabled: 4010,
  cost_exceeds_limit: 4010,
  forbidden: 4010,
  cross_site_request: 4010,
  step_up_required: 4010,
  step_up_invalid: 4010,
  step_up_used: 4010,
  step_up_expired: 4010,
  step_up_throttled: 4290,
  rate_limited: 4290,
  too_many_failures: 4290,
  credits_exhausted: 4290,
  internal_error: 5000,
  unavailable: 5001,
};

/** The only thing that is looked for there. */
const nothingFound = 'API key not found';

/** `msg` says the same again: the Python client reads it, and breaks without. */
export function answerDeltadefiError({ problem, status }: ApiKeysError): DialectAnswer {
  const code = codes[problem];
  const error = problem === 'not_found' ? nothingFound : sentences[code];
  return { status, body: { error, code, msg: error } };
}
