/** Why a token request is refused (RFC 6749 section 5.2), or refused temporarily (section 4.1.2.1). */
export type TokenErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'invalid_scope'
  /** The requested resource is unknown (RFC 8707 section 2). */
  | 'invalid_target'
  /**
   * The client is unknown, and its network has exhausted its budget of failed attempts (`failureBudget`); or, when the details
   * name a key, that key has requested too many tokens.
   */
  | 'temporarily_unavailable';

/** Details of a refusal beyond its code and message. */
export interface TokenErrorDetails {
  /** The key that was proven, or that the token belongs to. For logs; never sent. */
  readonly keyId?: string | undefined;
  /** The owner of that key. For logs; never sent. */
  readonly ownerId?: string | undefined;
  /** After how many whole seconds a retry may succeed. */
  readonly retryAfterSeconds?: number | undefined;
}

/** A refusal by the token service. Its message is for the caller and contains no secret. */
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

/** The problem code of guards for a temporary refusal: a key with too many token requests, or too many failed attempts. */
export function toTemporaryProblem({
  details,
}: Pick<TokenError, 'details'>): 'rate_limited' | 'too_many_failures' {
  return details.keyId === undefined ? 'too_many_failures' : 'rate_limited';
}

/** Whether a thrown value is a TokenError, from whichever build of this package. */
export function isTokenError(thrown: unknown): thrown is TokenError {
  return thrown instanceof Error && thrown.name === 'TokenError' && 'error' in thrown;
}
