import type { Request } from 'express';
import type { AccessNotes } from './access-notes.js';
import type { Client } from '../tokens/authenticate-client.js';
import { isTokenError, toTemporaryProblem, type TokenErrorCode } from '../tokens/token-error.js';

/** The code of each refusal in the access log; `null` for requests that were only malformed. */
const codes: Readonly<Record<TokenErrorCode, string | null>> = {
  invalid_client: 'invalid_client',
  invalid_grant: 'invalid_grant',
  unauthorized_client: 'unauthorized_client',
  invalid_scope: 'invalid_scope',
  invalid_target: 'invalid_target',
  temporarily_unavailable: 'too_many_failures',
  invalid_request: null,
  unsupported_grant_type: null,
};

/**
 * Records that a token request was refused.
 *
 * @param client - the client that was already authenticated
 */
export function noteRefusedTokenRequest(
  access: AccessNotes,
  req: Request,
  thrown: unknown,
  client: Pick<Client, 'keyId' | 'ownerId'> | null,
): void {
  if (!isTokenError(thrown)) return;
  // The same code as guards use, so that one query finds a flood wherever it went.
  const code = thrown.error === 'temporarily_unavailable' ? toTemporaryProblem(thrown) : codes[thrown.error];
  if (code === null) return;
  const { keyId, ownerId } = client ?? thrown.details;
  access.refused(req, code, { keyId, ownerId });
}
