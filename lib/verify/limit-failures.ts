import type { Keyspaces } from '../domain/keyspaces.js';
import type { Refusal, Verdict } from '../domain/verdict.js';
import type { FailureBudget } from './failure-budget.js';
import type { GatheredLookUps } from './gathered-look-ups.js';
import type { ApiKeyVerifier, VerificationRequest } from './verify-api-key.js';

/** A budget of failed tries, and how keys are looked for once it is used up. */
export interface FailureLimits {
  readonly budget: FailureBudget;
  readonly lookUps: GatheredLookUps;
}

/** What limiting failed tries needs. */
export interface LimitFailuresParts extends FailureLimits {
  readonly keyspaces: Pick<Keyspaces, 'parse'>;
}

/**
 * Puts a budget of failed tries before a verifier. When a network has used up its own, its failing requests are refused
 * with `too_many_failures`, and keys that this process does not hold are first looked for together, so that a flood costs
 * the store few reads. A right key is never refused for that: at the worst it waits for that one read.
 */
export function limitFailures(
  verifier: ApiKeyVerifier,
  { budget, lookUps, keyspaces }: LimitFailuresParts,
): ApiKeyVerifier {
  /** Counts a refusal, if it is one of a wrong key. */
  function counted(verdict: Verdict, request: VerificationRequest): Verdict {
    if (verdict.allowed || verdict.code !== 'invalid_token') return verdict;
    const retryAfterSeconds = budget.fail(request.address());
    return retryAfterSeconds === 0 ? verdict : tooMany(retryAfterSeconds);
  }

  async function verify(request: VerificationRequest): Promise<Verdict> {
    const window = budget.begin(request.address());
    if (window === null) return verifyBeyondBudget(request);
    let hasFailed = false;
    try {
      const verdict = await verifier.verify(request);
      hasFailed = !verdict.allowed && verdict.code === 'invalid_token';
      return verdict;
    } finally {
      budget.settle(window, hasFailed);
    }
  }

  async function verifyBeyondBudget(request: VerificationRequest): Promise<Verdict> {
    const parsed = keyspaces.parse(request.token);
    const mayBeRight = parsed !== null && (await lookUps.exists(parsed.id));
    return counted(mayBeRight ? await verifier.verify(request) : invalidToken, request);
  }

  return {
    verifyAtOnce(request) {
      const verdict = verifier.verifyAtOnce(request);
      if (verdict === null || verdict instanceof Promise) return verdict;
      return verdict.allowed ? verdict : counted(verdict, request);
    },
    verify,
  };
}

const invalidToken: Refusal = { allowed: false, code: 'invalid_token' };

function tooMany(retryAfterSeconds: number): Refusal {
  return { allowed: false, code: 'too_many_failures', retryAfterSeconds };
}
