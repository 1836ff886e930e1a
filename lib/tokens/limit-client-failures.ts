import { readUnprovenClaims } from '../domain/jwt.js';
import { isKeyId, type KeyFormat } from '../domain/key-format.js';
import { problems } from '../errors.js';
import { tryWithinBudget, type FailureLimits, type AttemptOutcomes } from '../verify/try-within-budget.js';
import {
  createUnknownClientError,
  type AuthenticateClient,
  type Client,
  type ClientProof,
} from './authenticate-client.js';
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
  { format, ...limits }: LimitClientFailuresParts,
): AuthenticateClient {
  return async function authenticateWithinBudget(proof, address) {
    const outcome = await tryWithinBudget(limits, clientOutcomes, {
      address,
      keyId: () => readClaimedKeyId(proof, format),
      prove: () => authenticate(proof, address).catch(toFailedAttempt),
      unknown: createUnknownClientError,
    });
    if (isTokenError(outcome)) throw outcome;
    return outcome;
  };
}

const clientOutcomes: AttemptOutcomes<Client | TokenError> = {
  isFailedAttempt: isFailedAttempt,
  tooMany: (retryAfterSeconds) =>
    new TokenError('temporarily_unavailable', problems.too_many_failures.detail, { retryAfterSeconds }),
};

/** Whoever has proven a key that is not let in has not guessed. */
function isFailedAttempt(outcome: unknown): outcome is TokenError {
  return isTokenError(outcome) && outcome.error === 'invalid_client' && outcome.details.keyId === undefined;
}

/** A failed try is an outcome; all else that is thrown stays an exception. */
function toFailedAttempt(thrown: unknown): TokenError {
  if (isFailedAttempt(thrown)) return thrown;
  throw thrown;
}

/** The id of the key that a client says it is; `null` when it says nothing that could be one. */
function readClaimedKeyId(proof: ClientProof, format: LimitClientFailuresParts['format']): string | null {
  if (proof.method === 'private_key_jwt') {
    const id = readUnprovenClaims(proof.assertion)?.['sub'];
    return typeof id === 'string' && isKeyId(id) ? id : null;
  }
  if (proof.method === 'client_signature') return format.parseClientId(proof.clientId);
  const { clientId, secret } = proof;
  return (format.parse(secret) ?? format.parsePair(clientId ?? '', secret))?.id ?? null;
}
