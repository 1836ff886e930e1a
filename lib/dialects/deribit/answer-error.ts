import type { ApiKeysError, ProblemCode } from '../../errors.js';
import { bodyFaultOf, type BodyFault } from '../body-error.js';
import type { DialectCall } from '../dialect-call.js';
import type { DialectAnswer } from '../send-answer.js';
import {
  deribitErrors,
  type DeribitError,
  type DeribitErrorData,
  type DeribitErrorDefinition,
  type DeribitErrorName,
} from './deribit-error.js';
import { errorAnswer } from './rpc-answer.js';

/** What the core calls it -> what Deribit calls it. */
const names: Readonly<Record<ProblemCode, DeribitErrorName>> = {
  missing_credential: 'authorization_required',
  unauthenticated: 'authorization_required',

  // Whatever is wrong with a key or a token: Deribit does not tell these apart.
  invalid_token: 'unauthorized',
  key_revoked: 'unauthorized',
  key_disabled: 'unauthorized',
  key_expired: 'unauthorized',
  secret_rotated: 'unauthorized',
  invalid_signature: 'unauthorized',
  signature_replayed: 'unauthorized',
  signature_required: 'unauthorized',

  insufficient_scope: 'scope_exceeded',
  forbidden: 'forbidden',
  address_not_allowed: 'forbidden',
  feature_not_enabled: 'forbidden',
  cost_exceeds_limit: 'forbidden',
  cross_site_request: 'forbidden',
  // No document says what the ninth key is answered with.
  key_limit_reached: 'forbidden',

  rate_limited: 'too_many_requests',
  too_many_failures: 'too_many_requests',
  credits_exhausted: 'too_many_requests',

  step_up_required: 'security_key_error',
  step_up_invalid: 'security_key_error',
  step_up_used: 'security_key_error',
  step_up_expired: 'security_key_error',
  step_up_throttled: 'over_limit',

  invalid_request: 'bad_request',
  invalid_public_key: 'invalid_params',
  not_found: 'not_found',
  conflict: 'bad_request',
  precondition_failed: 'bad_request',
  request_in_progress: 'bad_request',
  idempotency_key_reused: 'bad_request',
  method_not_allowed: 'bad_request',
  too_many_headers: 'bad_request',
  payload_too_large: 'entity_too_large',
  unsupported_media_type: 'invalid_content_type',

  internal_error: 'internal_server_error',
  unavailable: 'system_maintenance',
};

const bodyFaults: Readonly<Record<BodyFault, DeribitErrorName>> = {
  incomplete: 'parse_error',
  not_utf8: 'parse_error',
  not_json: 'parse_error',
  // A list is a batch, and there are none.
  not_an_object: 'invalid_request',
  not_acceptable: 'invalid_request',
};

/** The core's names of fields -> Deribit's names of parameters; other fields are not from parameters. */
const params: Readonly<Record<string, string>> = {
  name: 'name',
  scopes: 'max_scope',
  enabled: 'enabled',
  features: 'enabled_features',
  ipAllowlist: 'ip_whitelist',
  publicKey: 'public_key',
};

/** What an error says in Deribit's words. */
interface Said {
  readonly name: DeribitErrorName;
  readonly data?: DeribitErrorData | undefined;
}

/** Says an error in Deribit's words. */
export function answerDeribitError(
  error: ApiKeysError,
  call: DialectCall,
  testnet: boolean,
): Promise<DialectAnswer> {
  const { name, data } = said(error);
  const { code, message, status }: DeribitErrorDefinition = deribitErrors[name];
  const body = { code, message, ...(data === undefined ? {} : { data }) };
  // The header Allow belongs to 405.
  return errorAnswer(call, testnet, body, error.problem === 'method_not_allowed' ? error.status : status);
}

function said(error: ApiKeysError): Said {
  if (isDeribitError(error)) return { name: error.deribitError, data: error.data };
  const name = names[error.problem];
  if (!error.expose) return { name };
  if (name === 'unauthorized') return { name, data: { reason: 'invalid_token' } };
  if (name === 'too_many_requests') {
    const { 'Retry-After': seconds } = error.headers;
    return seconds === undefined ? { name } : { name, data: { wait: Number(seconds) } };
  }
  const fault = bodyFaultOf(error);
  if (fault !== null) return { name: bodyFaults[fault], data: { reason: error.message } };
  const [{ field, message } = { field: '', message: '' }] = error.errors ?? [];
  if (Object.hasOwn(params, field)) {
    return { name: 'invalid_params', data: { param: params[field], reason: message } };
  }
  return { name, data: { reason: error.message } };
}

/** The entries of the package may be loaded as different kinds of modules, so no class is asked. */
function isDeribitError(error: ApiKeysError): error is DeribitError {
  return 'deribitError' in error && Object.hasOwn(deribitErrors, String(error.deribitError));
}
