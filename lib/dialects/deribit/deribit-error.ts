import { ApiKeysError, type ApiKeysErrorDetails, type ProblemCode } from '../../errors.js';

/** One row of Deribit's table of errors. */
export interface DeribitErrorDefinition {
  readonly code: number;
  /** The name in the table; for JSON-RPC errors, the message of its specification. */
  readonly message: string;
  readonly status: number;
}

/**
 * The applicable rows of Deribit's table. The documents give no HTTP status; these are 401 for unauthenticated callers, 403 for
 * missing rights, 429 for too many requests, 500 for internal errors, and 400 for everything else.
 */
export const deribitErrors: Readonly<Record<DeribitErrorName, DeribitErrorDefinition>> = {
  authorization_required: { code: 10000, message: 'authorization_required', status: 401 },
  too_many_requests: { code: 10028, message: 'too_many_requests', status: 429 },
  must_be_websocket_request: { code: 10030, message: 'must_be_websocket_request', status: 400 },
  bad_request: { code: 11050, message: 'bad_request', status: 400 },
  system_maintenance: { code: 11051, message: 'system_maintenance', status: 503 },
  internal_server_error: { code: 11094, message: 'internal_server_error', status: 500 },
  over_limit: { code: 12998, message: 'security_key_authorization_over_limit', status: 400 },
  invalid_credentials: { code: 13004, message: 'invalid_credentials', status: 401 },
  unauthorized: { code: 13009, message: 'unauthorized', status: 401 },
  invalid_content_type: { code: 13018, message: 'invalid_content_type', status: 400 },
  not_found: { code: 13020, message: 'not_found', status: 400 },
  forbidden: { code: 13021, message: 'forbidden', status: 403 },
  scope_exceeded: { code: 13403, message: 'scope_exceeded', status: 403 },
  security_key_error: { code: 13668, message: 'security_key_authorization_error', status: 400 },
  security_key_setup_required: { code: 13904, message: 'security_key_setup_required', status: 400 },
  missing_params: { code: -32000, message: 'Missing params', status: 400 },
  invalid_request: { code: -32600, message: 'Invalid Request', status: 400 },
  entity_too_large: { code: -32600, message: 'request entity too large', status: 400 },
  method_not_found: { code: -32601, message: 'Method not found', status: 400 },
  invalid_params: { code: -32602, message: 'Invalid params', status: 400 },
  parse_error: { code: -32700, message: 'Parse error', status: 400 },
};

/** The name of a row of the table. */
export type DeribitErrorName =
  | 'authorization_required'
  | 'too_many_requests'
  | 'must_be_websocket_request'
  | 'bad_request'
  | 'system_maintenance'
  | 'internal_server_error'
  | 'over_limit'
  | 'invalid_credentials'
  | 'unauthorized'
  | 'invalid_content_type'
  | 'not_found'
  | 'forbidden'
  | 'scope_exceeded'
  | 'security_key_error'
  | 'security_key_setup_required'
  | 'missing_params'
  | 'invalid_request'
  | 'entity_too_large'
  | 'method_not_found'
  | 'invalid_params'
  | 'parse_error';

/** Details of an error beside its row: `reason`, `param`, `wait`. Never a secret. */
export type DeribitErrorData = Readonly<Record<string, unknown>>;

/** An error in Deribit's terms. Errors of the core are translated by `answer-error.ts`. */
export class DeribitError extends ApiKeysError {
  readonly deribitError: DeribitErrorName;
  readonly data: DeribitErrorData | undefined;

  /** @param problem - the problem code of the core, for operators */
  constructor(
    name: DeribitErrorName,
    data?: DeribitErrorData,
    details?: ApiKeysErrorDetails,
    problem: ProblemCode = toProblem(deribitErrors[name].status),
  ) {
    super(problem, details);
    this.deribitError = name;
    this.data = data;
  }
}

/** @throws DeribitError -32602 about one parameter */
export function refuseParam(param: string, reason: string): never {
  throw new DeribitError('invalid_params', { param, reason });
}

/** Only the distinction between outages, internal errors and refusals matters. */
function toProblem(status: number): ProblemCode {
  if (status >= 500) return status === 503 ? 'unavailable' : 'internal_error';
  return status === 401 ? 'unauthenticated' : 'invalid_request';
}
