/** Why a token request is refused (RFC 6749 section 5.2). */
export type TokenErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'invalid_scope';

/** A refusal of the token service. Its message is for the caller and holds no secret. */
export class TokenError extends Error {
  readonly error: TokenErrorCode;

  constructor(error: TokenErrorCode, message: string) {
    super(message);
    this.name = 'TokenError';
    this.error = error;
  }
}

/** Whether something that was thrown is a refusal, from whichever build of this package. */
export function isTokenError(thrown: unknown): thrown is TokenError {
  return thrown instanceof Error && thrown.name === 'TokenError' && 'error' in thrown;
}
