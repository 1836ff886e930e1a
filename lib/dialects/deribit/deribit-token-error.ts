import { composeChallenge } from '../../http/challenge.js';
import { noteRefusedTokenRequest } from '../../http/note-refused-token-request.js';
import type { Client } from '../../tokens/authenticate-client.js';
import { isTokenError, type TokenError, type TokenErrorCode } from '../../tokens/token-error.js';
import { deribitChallenge } from './deribit-challenge.js';
import { DeribitError, type DeribitErrorName } from './deribit-error.js';
import type { PublicContext } from './deribit-method.js';

/** Error code of the token service -> Deribit's error. */
const nameByError: Readonly<Record<TokenErrorCode, DeribitErrorName>> = {
  invalid_client: 'invalid_credentials',
  invalid_grant: 'unauthorized',
  unauthorized_client: 'unauthorized',
  invalid_scope: 'scope_exceeded',
  invalid_target: 'bad_request',
  temporarily_unavailable: 'too_many_requests',
  invalid_request: 'bad_request',
  unsupported_grant_type: 'bad_request',
};

/**
 * Translates a refusal of the token service to Deribit's error, and records it in the access log.
 *
 * @param client - the client, if it was authenticated before the failure
 */
export function toDeribitTokenError(
  { host, call }: PublicContext,
  thrown: unknown,
  client: Client | null,
): unknown {
  noteRefusedTokenRequest(host.access, call.req, thrown, client);
  if (!isTokenError(thrown)) return thrown;
  const name = nameByError[thrown.error];
  // The reason is disclosed only when the key was proven, and only with opaqueRefusals off.
  if (name === 'invalid_credentials') {
    const isReasonDisclosed = thrown.details.keyId !== undefined && !host.opaqueRefusals;
    return createRefusal(name, isReasonDisclosed ? { reason: thrown.message } : undefined);
  }
  if (name === 'unauthorized') return createRefusal(name, { reason: 'invalid_token' });
  if (name === 'too_many_requests') return createTooManyRequestsError(thrown);
  return new DeribitError(name, { reason: thrown.message });
}

function createRefusal(name: DeribitErrorName, data?: Readonly<Record<string, string>>): DeribitError {
  const challenge = composeChallenge(deribitChallenge, { allowed: false, code: 'invalid_token' });
  return new DeribitError(name, data, { headers: { 'WWW-Authenticate': challenge } });
}

function createTooManyRequestsError({ details: { retryAfterSeconds: wait = 1 } }: TokenError): DeribitError {
  return new DeribitError('too_many_requests', { wait }, { headers: { 'Retry-After': String(wait) } });
}
