import type { Request } from 'express';
import type { AccessNotes } from './access-notes.js';
import type { Client } from '../tokens/authenticate-client.js';
import { isTokenError, toTemporaryProblem, type TokenErrorCode } from '../tokens/token-error.js';

/** What the access log calls each refusal; `null` for requests that were only written wrongly. */
const codes: Readonly<Record<TokenErrorCode, string | null>> = {
  invalid_client: 'invalid_client',
  invalid_grant: 'invalid_grant',
  unauthorized_client: 'unauthorized_client',
  invalid_scope: 'invalid_scope',
  temporarily_unavailable: 'too_many_failures',
  invalid_request: null,
  unsupported_grant_type: null,
};

/**
 * Writes down that a token request was refused.
 *
 * @param client - who was authenticated before
 */
export function noteRefusedTokenRequest(
  access: AccessNotes,
  req: Request,
  thrown: unknown,
  client: Pick<Client, 'keyId' | 'ownerId'> | null,
): void {
  if (!isTokenError(thrown)) return;
  // As guards call it, so that one question finds a flood wherever it went.
  const code = thrown.error === 'temporarily_unavailable' ? toTemporaryProblem(thrown) : codes[thrown.error];
  if (code === null) return;
  const { keyId, ownerId } = client ?? thrown.details;
  access.refused(req, code, { keyId, ownerId });
}
