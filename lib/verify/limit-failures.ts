import type { Refusal } from '../domain/verdict.js';
import {
  countFailedAttempt,
  toAttemptOutcomes,
  tryWithinBudget,
  type FailureLimits,
} from './try-within-budget.js';
import type { ApiKeyVerifier } from './verify-api-key.js';

export type { FailureLimits } from './try-within-budget.js';

/** The budget, and which keys a token may be of. */
export interface LimitFailuresParts extends FailureLimits {
  readonly readKeyIds: (token: string) => readonly string[];
}

/**
 * Puts a budget of failed attempts before a verifier. Once a network has used up its budget, its failing requests are
 * refused with `too_many_failures`, and keys that are not cached in this process are first looked up in batches, so
 * that a flood costs the store few reads. A valid key is never refused for that: at worst it waits for that one read.
 */
export function limitFailures(verifier: ApiKeyVerifier, parts: LimitFailuresParts): ApiKeyVerifier {
  const { budget, readKeyIds } = parts;

  return {
    verifyAtOnce(request) {
      const verdict = verifier.verifyAtOnce(request);
      if (verdict === null || verdict instanceof Promise) return verdict;
      return countFailedAttempt(budget, invalidKeys, verdict, request.address);
    },

    verify: (request) =>
      tryWithinBudget(parts, invalidKeys, {
        address: request.address,
        keyIds: () => readKeyIds(request.token),
        prove: () => verifier.verify(request),
        unknown: () => invalidToken,
      }),
  };
}

// The refusal of a valid key that is not accepted here names the key.
const invalidKeys = toAttemptOutcomes(({ code, keyId }) => code === 'invalid_token' && keyId === undefined);
const invalidToken: Refusal = { allowed: false, code: 'invalid_token' };
