import type { Keyspaces } from '../domain/keyspaces.js';
import type { Refusal } from '../domain/verdict.js';
import { countGuess, guessesAmong, tryWithinBudget, type FailureLimits } from './try-within-budget.js';
import type { ApiKeyVerifier } from './verify-api-key.js';

export type { FailureLimits } from './try-within-budget.js';

/** What limiting failed tries needs. */
export interface LimitFailuresParts extends FailureLimits {
  readonly keyspaces: Pick<Keyspaces, 'parse'>;
}

/**
 * Puts a budget of failed tries before a verifier. When a network has used up its own, its failing requests are refused
 * with `too_many_failures`, and keys that this process does not hold are first looked for together, so that a flood costs
 * the store few reads. A right key is never refused for that: at the worst it waits for that one read.
 */
export function limitFailures(verifier: ApiKeyVerifier, parts: LimitFailuresParts): ApiKeyVerifier {
  const { budget, keyspaces } = parts;

  return {
    verifyAtOnce(request) {
      const verdict = verifier.verifyAtOnce(request);
      if (verdict === null || verdict instanceof Promise) return verdict;
      return countGuess(budget, wrongKeys, verdict, request.address);
    },

    verify: (request) =>
      tryWithinBudget(parts, wrongKeys, {
        address: request.address,
        keyId: () => keyspaces.parse(request.token)?.id ?? null,
        prove: () => verifier.verify(request),
        unknown: () => invalidToken,
      }),
  };
}

// A right key that is not for this place is named.
const wrongKeys = guessesAmong(({ code, keyId }) => code === 'invalid_token' && keyId === undefined);
const invalidToken: Refusal = { allowed: false, code: 'invalid_token' };
