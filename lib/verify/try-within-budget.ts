import type { Refusal, Verdict } from '../domain/verdict.js';
import type { FailureBudget } from './failure-budget.js';
import type { LookupBatcher } from './lookup-batcher.js';

/** A budget of failed tries, and how keys are looked for once it is used up. */
export interface FailureLimits {
  readonly budget: FailureBudget;
  readonly lookups: LookupBatcher;
}

/** How tries to prove a key end. */
export interface TryOutcomes<T> {
  /** Whether whoever tried has proven nothing: only that uses up the budget. */
  readonly isGuess: (outcome: T) => boolean;
  /** What guesses get once it is used up. */
  readonly tooMany: (retryAfterSeconds: number) => T;
}

/** One try to prove a key. */
export interface LimitedTry<T> {
  readonly address: () => string | null;
  /** The key that is to be proven; `null` when nothing names one. Asked only once the budget is used up. */
  readonly keyId: () => string | null;
  readonly prove: () => Promise<T>;
  /** How it ends for a key that does not exist. */
  readonly unknown: () => T;
}

/**
 * Lets a network try as long as it has a budget of failed tries. When that is used up, a try that names no key is not made,
 * and keys are first looked for together, so that a flood costs the store few reads. A right proof is never refused for
 * that: at the worst it waits for that one read. A try that rejects is none.
 */
export async function tryWithinBudget<T>(
  { budget, lookups }: FailureLimits,
  outcomes: TryOutcomes<T>,
  { address, keyId, prove, unknown }: LimitedTry<T>,
): Promise<T> {
  const window = budget.begin(address());
  if (window !== null) {
    let hasFailed = false;
    try {
      const outcome = await prove();
      hasFailed = outcomes.isGuess(outcome);
      return outcome;
    } finally {
      budget.settle(window, hasFailed);
    }
  }
  const id = keyId();
  const outcome = id !== null && (await lookups.exists(id)) ? await prove() : unknown();
  return countGuess(budget, outcomes, outcome, address);
}

/** Counts a try that was made without asking for leave, if it was a guess. */
export function countGuess<T>(
  budget: FailureBudget,
  { isGuess, tooMany }: TryOutcomes<T>,
  outcome: T,
  address: () => string | null,
): T {
  const retryAfterSeconds = isGuess(outcome) ? budget.fail(address()) : 0;
  return retryAfterSeconds === 0 ? outcome : tooMany(retryAfterSeconds);
}

/** Verdicts, some of whose refusals are of guesses. */
export function guessesAmong(isGuess: (refusal: Refusal) => boolean): TryOutcomes<Verdict> {
  return {
    isGuess: (verdict) => !verdict.allowed && isGuess(verdict),
    tooMany: (retryAfterSeconds) => ({ allowed: false, code: 'too_many_failures', retryAfterSeconds }),
  };
}
