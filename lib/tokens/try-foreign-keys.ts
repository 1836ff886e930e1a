import { accessTokenType } from '../domain/access-token.js';
import type { ForeignFormats } from '../domain/foreign-format.js';
import { isJwtType, readJwtHeader } from '../domain/jwt.js';
import type { Verdict } from '../domain/verdict.js';
import { isOfNoKey } from '../verify/is-of-no-key.js';
import type { ApiKeyVerifier, VerificationRequest } from '../verify/verify-api-key.js';

/** The verifiers that a string may be meant for. */
export interface ForeignKeyVerifiers {
  /** For access tokens. */
  readonly tokens: ApiKeyVerifier;
  /** The same without counting failures: what is no token may be a key, whose verifier counts. */
  readonly uncounted: ApiKeyVerifier;
  /** For keys. */
  readonly keys: ApiKeyVerifier;
}

/**
 * Lets a verifier of access tokens accept imported keys that look like JWTs: JWTs of the earlier system, or JSON in base64. A string in
 * one of the formats is verified as a key, and before that as a token only if it may be one of this package. Other tokens pay for
 * nothing but the patterns.
 */
export function tryForeignKeys(
  foreign: ForeignFormats,
  { tokens, uncounted, keys }: ForeignKeyVerifiers,
): ApiKeyVerifier {
  if (foreign.all().length === 0) return tokens;

  function tryKeyAtOnce(request: VerificationRequest, verdict: Verdict): Verdict | Promise<Verdict> | null {
    return isOfNoKey(verdict) ? keys.verifyAtOnce(request) : verdict;
  }

  return {
    verifyAtOnce(request) {
      if (!foreign.recognises(request.token)) return tokens.verifyAtOnce(request);
      if (!mayBeAccessToken(request.token)) return keys.verifyAtOnce(request);
      const verdict = uncounted.verifyAtOnce(request);
      return verdict === null || verdict instanceof Promise ? verdict : tryKeyAtOnce(request, verdict);
    },

    async verify(request) {
      if (!foreign.recognises(request.token)) return tokens.verify(request);
      const verdict = mayBeAccessToken(request.token) ? await uncounted.verify(request) : null;
      if (verdict === null) return keys.verify(request);
      return tryKeyAtOnce(request, verdict) ?? keys.verify(request);
    },
  };
}

/** Whether a JWT says of itself what the access tokens of this package say. */
function mayBeAccessToken(token: string): boolean {
  const header = readJwtHeader(token);
  return header !== null && header.kid !== null && isJwtType(header, accessTokenType);
}
