import type { FailureBudget } from '../verify/failure-budget.js';
import { countFailedAttempt, toAttemptOutcomes } from '../verify/try-within-budget.js';
import type { ApiKeyVerifier } from '../verify/verify-api-key.js';

/**
 * Counts forged access tokens as failed attempts of their network, and refuses them with `too_many_failures` once the network
 * has exhausted its budget. A forged token costs a signature check and no read, so every token is checked: a valid token is
 * never refused because of the budget, and an expired or revoked token is not a failed attempt.
 */
export function limitTokenFailures(verifier: ApiKeyVerifier, budget: FailureBudget): ApiKeyVerifier {
  return {
    verifyAtOnce(request) {
      const verdict = verifier.verifyAtOnce(request);
      if (verdict === null || verdict instanceof Promise) return verdict;
      return countFailedAttempt(budget, tokenOutcomes, verdict, request.address);
    },

    verify: async (request) =>
      countFailedAttempt(budget, tokenOutcomes, await verifier.verify(request), request.address),
  };
}

// A refusal names the key when the signature was valid.
const tokenOutcomes = toAttemptOutcomes(({ code, keyId }) => code === 'invalid_token' && keyId === undefined);
