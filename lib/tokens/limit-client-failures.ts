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

/** The failure limits of clients, and the key format that names the key of an attempt. */
export interface LimitClientFailuresParts extends FailureLimits {
  readonly format: Pick<KeyFormat, 'parse' | 'parsePair' | 'parseClientId'>;
}

/**
 * Applies a budget of failed attempts to client authentication, as `limitFailures` does to the verification of keys. Once a
 * network has exhausted its budget, its unauthenticated clients are refused with `temporarily_unavailable`, and lookups of
 * keys are batched. A client with a valid proof is never refused because of the budget.
 */
export function limitClientFailures(
  authenticate: AuthenticateClient,
  { format, ...limits }: LimitClientFailuresParts,
): AuthenticateClient {
  return async function authenticateWithinBudget(proof, address) {
    const outcome = await tryWithinBudget(limits, clientOutcomes, {
      address,
      keyIds: () => [readClaimedKeyId(proof, format)].filter((id) => id !== null),
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

/** A client that has proven a key but is refused for another reason was not brute-forcing. */
function isFailedAttempt(outcome: unknown): outcome is TokenError {
  return isTokenError(outcome) && outcome.error === 'invalid_client' && outcome.details.keyId === undefined;
}

/** Turns a failed attempt into an outcome; any other error stays an exception. */
function toFailedAttempt(thrown: unknown): TokenError {
  if (isFailedAttempt(thrown)) return thrown;
  throw thrown;
}

/** The key id that a client claims; `null` when the proof names none that could exist. */
function readClaimedKeyId(proof: ClientProof, format: LimitClientFailuresParts['format']): string | null {
  if (proof.method === 'private_key_jwt') {
    const id = readUnprovenClaims(proof.assertion)?.['sub'];
    return typeof id === 'string' && isKeyId(id) ? id : null;
  }
  if (proof.method === 'client_signature') return format.parseClientId(proof.clientId);
  const { clientId, secret } = proof;
  return (format.parse(secret) ?? format.parsePair(clientId ?? '', secret))?.id ?? null;
}
