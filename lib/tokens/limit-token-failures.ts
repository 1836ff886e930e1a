import type { FailureBudget } from '../verify/failure-budget.js';
import { countFailedAttempt, toAttemptOutcomes } from '../verify/try-within-budget.js';
import type { ApiKeyVerifier } from '../verify/verify-api-key.js';

/**
 * Counts forged access tokens as failed tries of their network, and refuses them with `too_many_failures` when it has used
 * up its budget. They cost a signature check and no read, so that all are checked: a right token is never refused for it,
 * and one that has ended or was taken back is no try.
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

// The key is named when the signature was right.
const tokenOutcomes = toAttemptOutcomes(({ code, keyId }) => code === 'invalid_token' && keyId === undefined);
