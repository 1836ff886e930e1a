import { english, type TextName } from './texts-english.js';
import type { Say } from './texts.js';

/** The codes with which requests are refused, as far as the access log has them: those of guards first. */
export const problemCodes = [
  ...(['missing_credential', 'invalid_token', 'key_revoked', 'key_disabled', 'key_expired'] as const),
  ...(['owner_suspended', 'secret_rotated', 'address_not_allowed', 'insufficient_scope'] as const),
  ...(['feature_not_enabled', 'resource_not_allowed', 'invalid_signature', 'signature_replayed'] as const),
  ...(['signature_required', 'rate_limited', 'too_many_failures', 'cost_exceeds_limit'] as const),
  ...(['credits_exhausted', 'invalid_request', 'method_not_allowed', 'too_many_headers'] as const),
  ...(['unauthenticated', 'forbidden', 'cross_site_request', 'not_found', 'conflict'] as const),
  ...(['step_up_required', 'step_up_invalid', 'step_up_used', 'step_up_expired'] as const),
  ...(['step_up_throttled', 'key_limit_reached', 'invalid_public_key'] as const),
  ...(['precondition_failed', 'request_in_progress', 'idempotency_key_reused'] as const),
  ...(['payload_too_large', 'unsupported_media_type', 'internal_error', 'unavailable'] as const),
];

/** What people call a code; one that there is no text for has the name that the router gives it. */
export function nameCode(code: string, say: Say): string {
  const name = `code-${code}`;
  return Object.hasOwn(english, name) ? say(name as TextName) : code;
}
