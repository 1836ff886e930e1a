import { refusalCodes, type RefusalCode } from '../../domain/verdict.js';
import type { ProblemCode } from '../../errors.js';
import type { EndpointRow } from '../endpoints.js';

/**
 * Refusals that the guards of `/self` never return: they require no scope, no feature and no method, are about the key itself,
 * have no cost that could exceed a limit, and do not accept signatures.
 */
const impossibleRefusals: ReadonlySet<RefusalCode> = new Set<RefusalCode>([
  'cost_exceeds_limit',
  'insufficient_scope',
  'feature_not_enabled',
  'resource_not_allowed',
  'method_not_allowed',
  'invalid_signature',
  'signature_replayed',
  'signature_required',
]);
const holderRefusals = refusalCodes.filter((code) => !impossibleRefusals.has(code));

/** The problems of operations that can require a second factor. */
const stepUpProblems = [
  'step_up_required',
  'step_up_invalid',
  'step_up_used',
  'step_up_expired',
  'step_up_throttled',
] as const satisfies readonly ProblemCode[];

/** Returns every problem that an endpoint can respond with: its own, and those of all endpoints of its kind. */
export function listExpectedProblems({
  method,
  path,
  access,
  operation,
  endpoint,
}: EndpointRow): readonly ProblemCode[] {
  const isChange = method !== 'get';
  return [
    ...new Set<ProblemCode>([
      'invalid_request',
      ...(access === 'actor' ? (['unauthenticated', 'forbidden', 'insufficient_scope'] as const) : []),
      ...(access === 'holder' ? holderRefusals : []),
      ...(path.includes('/:id') ? (['not_found'] as const) : []),
      ...(isChange ? (['cross_site_request', 'payload_too_large', 'unsupported_media_type'] as const) : []),
      ...(operation === undefined ? [] : stepUpProblems),
      ...endpoint.problems,
      'internal_error',
      'unavailable',
    ]),
  ];
}
