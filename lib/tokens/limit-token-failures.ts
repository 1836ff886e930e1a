import type { Verdict } from '../domain/verdict.js';
import type { FailureBudget } from '../verify/failure-budget.js';
import type { ApiKeyVerifier, VerificationRequest } from '../verify/verify-api-key.js';

/**
 * Counts forged access tokens as failed tries of their network, and refuses them with `too_many_failures` when it has used
 * up its budget. They cost a signature check and no read, so that all are checked: a right token is never refused for it,
 * and one that has ended or was taken back is no try.
 */
export function limitTokenFailures(verifier: ApiKeyVerifier, budget: FailureBudget): ApiKeyVerifier {
  function counted(verdict: Verdict, { address }: VerificationRequest): Verdict {
    // The key is named when the signature was right.
    if (verdict.allowed || verdict.code !== 'invalid_token' || verdict.keyId !== undefined) return verdict;
    const retryAfterSeconds = budget.fail(address());
    if (retryAfterSeconds === 0) return verdict;
    return { allowed: false, code: 'too_many_failures', retryAfterSeconds };
  }

  return {
    verifyAtOnce(request) {
      const verdict = verifier.verifyAtOnce(request);
      if (verdict === null || verdict instanceof Promise) return verdict;
      return verdict.allowed ? verdict : counted(verdict, request);
    },
    verify: async (request) => counted(await verifier.verify(request), request),
  };
}
