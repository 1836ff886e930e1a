import { readUnprovenClaims } from '../domain/jwt.js';
import { isKeyId, type KeyFormat } from '../domain/key-format.js';
import { problems } from '../errors.js';
import type { FailureLimits } from '../verify/limit-failures.js';
import { unknownClient, type AuthenticateClient, type ClientProof } from './authenticate-client.js';
import { isTokenError, TokenError } from './token-error.js';

/** What limiting failed tries of clients needs. */
export interface LimitClientFailuresParts extends FailureLimits {
  readonly format: Pick<KeyFormat, 'parse' | 'parsePair' | 'parseClientId'>;
}

/**
 * Puts a budget of failed tries before an authenticator of clients, as `limitFailures` does before a verifier of keys. When
 * a network has used up its own, clients that it cannot prove are refused with `temporarily_unavailable`, and keys are first
 * looked for together. A client that proves itself is never refused for that.
 */
export function limitClientFailures(
  authenticate: AuthenticateClient,
  { budget, lookUps, format }: LimitClientFailuresParts,
): AuthenticateClient {
  const authenticateBeyondBudget: AuthenticateClient = async (proof, address) => {
    try {
      const id = claimedKeyId(proof, format);
      if (id === null || !(await lookUps.exists(id))) throw unknownClient();
      return await authenticate(proof, address);
    } catch (error) {
      if (!isFailedTry(error)) throw error;
      const retryAfterSeconds = budget.fail(address());
      throw retryAfterSeconds === 0 ? error : tooManyFailures(retryAfterSeconds);
    }
  };

  return async function authenticateWithinBudget(proof, address) {
    const window = budget.begin(address());
    if (window === null) return authenticateBeyondBudget(proof, address);
    let hasFailed = false;
    try {
      return await authenticate(proof, address);
    } catch (error) {
      hasFailed = isFailedTry(error);
      throw error;
    } finally {
      budget.settle(window, hasFailed);
    }
  };
}

/** Whoever has proven a key that is not let in has not guessed. */
function isFailedTry(thrown: unknown): boolean {
  return isTokenError(thrown) && thrown.error === 'invalid_client' && thrown.details.keyId === undefined;
}

/** The id of the key that a client says it is; `null` when it says nothing that could be one. */
function claimedKeyId(proof: ClientProof, format: LimitClientFailuresParts['format']): string | null {
  if (proof.method === 'private_key_jwt') {
    const id = readUnprovenClaims(proof.assertion)?.['sub'];
    return typeof id === 'string' && isKeyId(id) ? id : null;
  }
  if (proof.method === 'client_signature') return format.parseClientId(proof.clientId);
  const { clientId, secret } = proof;
  return (format.parse(secret) ?? format.parsePair(clientId ?? '', secret))?.id ?? null;
}

function tooManyFailures(retryAfterSeconds: number): TokenError {
  return new TokenError('temporarily_unavailable', problems.too_many_failures.detail, { retryAfterSeconds });
}
