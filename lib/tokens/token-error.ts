/** Why a token request is refused (RFC 6749 section 5.2), or for now (section 4.1.2.1). */
export type TokenErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'invalid_scope'
  /**
   * The client is not known, and neither were too many others from the same network (`failureBudget`); or, when a key is
   * named in the details, that key has requested too many tokens.
   */
  | 'temporarily_unavailable';

/** What can be said of a refusal beyond its code and its sentence. */
export interface TokenErrorDetails {
  /** The key that was proven, or whose token it was. For logs; never sent. */
  readonly keyId?: string | undefined;
  /** Whose key it is. For logs; never sent. */
  readonly ownerId?: string | undefined;
  /** When it may be different, in whole seconds from now. */
  readonly retryAfterSeconds?: number | undefined;
}

/** A refusal of the token service. Its message is for the caller and holds no secret. */
export class TokenError extends Error {
  readonly error: TokenErrorCode;
  readonly details: TokenErrorDetails;

  constructor(error: TokenErrorCode, message: string, details: TokenErrorDetails = {}) {
    super(message);
    this.name = 'TokenError';
    this.error = error;
    this.details = details;
  }
}

/** What guards call a refusal that passes: a key that has requested too many tokens, or too many failed tries. */
export function toTemporaryProblem({
  details,
}: Pick<TokenError, 'details'>): 'rate_limited' | 'too_many_failures' {
  return details.keyId === undefined ? 'too_many_failures' : 'rate_limited';
}

/** Whether something that was thrown is a refusal, from whichever build of this package. */
export function isTokenError(thrown: unknown): thrown is TokenError {
  return thrown instanceof Error && thrown.name === 'TokenError' && 'error' in thrown;
}
