import type { ApiKeysError } from '../../errors.js';
import { mapByFamily } from '../map-by-family.js';
import { getBodyFault, type BodyFault } from '../body-error.js';
import type { DialectCall } from '../dialect-call.js';
import type { DialectAnswer } from '../send-answer.js';
import {
  deribitErrors,
  type DeribitError,
  type DeribitErrorData,
  type DeribitErrorDefinition,
  type DeribitErrorName,
} from './deribit-error.js';
import { createErrorAnswer } from './rpc-answer.js';

/** Problem family -> Deribit's error. */
const toErrorName = mapByFamily<DeribitErrorName>(
  {
    invalid: 'bad_request',
    headers: 'bad_request',
    method: 'bad_request',
    size: 'entity_too_large',
    media_type: 'invalid_content_type',
    not_found: 'not_found',
    conflict: 'bad_request',
    authentication: 'authorization_required',
    // Deribit does not distinguish the reasons why a key or a token is refused.
    credential: 'unauthorized',
    permission: 'forbidden',
    step_up: 'security_key_error',
    throttling: 'too_many_requests',
    internal: 'internal_server_error',
    unavailable: 'system_maintenance',
  },
  {
    insufficient_scope: 'scope_exceeded',
    invalid_public_key: 'invalid_params',
    // No document defines the answer to the ninth key.
    key_limit_reached: 'forbidden',
    step_up_throttled: 'over_limit',
  },
);

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

/** An error in Deribit's terms. */
interface DeribitErrorReply {
  readonly name: DeribitErrorName;
  readonly data?: DeribitErrorData | undefined;
}

/** Answers an error in Deribit's format. */
export function answerDeribitError(
  error: ApiKeysError,
  call: DialectCall,
  testnet: boolean,
): Promise<DialectAnswer> {
  const { name, data } = toDeribitError(error);
  const { code, message, status }: DeribitErrorDefinition = deribitErrors[name];
  const body = { code, message, ...(data === undefined ? {} : { data }) };
  // The header Allow belongs to 405.
  return createErrorAnswer(
    call,
    testnet,
    body,
    error.problem === 'method_not_allowed' ? error.status : status,
  );
}

function toDeribitError(error: ApiKeysError): DeribitErrorReply {
  if (isDeribitError(error)) return { name: error.deribitError, data: error.data };
  const name = toErrorName(error.problem);
  if (!error.expose) return { name };
  if (name === 'unauthorized') return { name, data: { reason: 'invalid_token' } };
  if (name === 'too_many_requests') {
    const { 'Retry-After': seconds } = error.headers;
    return seconds === undefined ? { name } : { name, data: { wait: Number(seconds) } };
  }
  const fault = getBodyFault(error);
  if (fault !== null) return { name: bodyFaults[fault], data: { reason: error.message } };
  const [{ field, message } = { field: '', message: '' }] = error.errors ?? [];
  if (Object.hasOwn(params, field)) {
    return { name: 'invalid_params', data: { param: params[field], reason: message } };
  }
  return { name, data: { reason: error.message } };
}

/** Without instanceof: the entries of the package may be loaded as different kinds of modules. */
function isDeribitError(error: ApiKeysError): error is DeribitError {
  return 'deribitError' in error && Object.hasOwn(deribitErrors, String(error.deribitError));
}
