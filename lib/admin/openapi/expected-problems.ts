import type { RefusalCode } from '../../domain/verdict.js';
import type { ProblemCode } from '../../errors.js';
import type { EndpointRow } from '../endpoints.js';

/** Which refusals the guard of `/self` can answer with; the compiler asks about every new one. */
const guardRefusals: Readonly<Record<RefusalCode, boolean>> = {
  invalid_request: true,
  missing_credential: true,
  invalid_token: true,
  key_revoked: true,
  key_disabled: true,
  key_expired: true,
  secret_rotated: true,
  address_not_allowed: true,
  rate_limited: true,
  // Its guards cost nothing.
  cost_exceeds_limit: false,
  credits_exhausted: true,
  too_many_failures: true,
  // It asks for no scope, no feature and no method.
  insufficient_scope: false,
  feature_not_enabled: false,
  method_not_allowed: false,
  too_many_headers: true,
  // It does not read signatures.
  invalid_signature: false,
  signature_replayed: false,
  signature_required: false,
};

/** Where a second factor is asked for. */
const stepUpProblems = [
  'step_up_required',
  'step_up_invalid',
  'step_up_used',
  'step_up_expired',
  'step_up_throttled',
] as const satisfies readonly ProblemCode[];

/** Every problem that an endpoint can answer with: its own, and those of all endpoints of its kind. */
export function expectedProblems({
  method,
  path,
  access,
  operation,
  endpoint,
}: EndpointRow): readonly ProblemCode[] {
  const isChange = method !== 'get';
  const ofGuard = (Object.keys(guardRefusals) as RefusalCode[]).filter((code) => guardRefusals[code]);
  return [
    ...new Set<ProblemCode>([
      'invalid_request',
      ...(access === 'actor' ? (['unauthenticated', 'forbidden', 'insufficient_scope'] as const) : []),
      ...(access === 'holder' ? ofGuard : []),
      ...(path.includes('/:id') ? (['not_found'] as const) : []),
      ...(isChange ? (['cross_site_request', 'payload_too_large', 'unsupported_media_type'] as const) : []),
      ...(operation === undefined ? [] : stepUpProblems),
      ...endpoint.problems,
      'internal_error',
      'unavailable',
    ]),
  ];
}
