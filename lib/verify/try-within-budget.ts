import type { Refusal, Verdict } from '../domain/verdict.js';
import type { FailureBudget } from './failure-budget.js';
import type { LookupBatcher } from './lookup-batcher.js';

/** A budget of failed attempts, and how keys are looked up once it is used up. */
export interface FailureLimits {
  readonly budget: FailureBudget;
  readonly lookups: LookupBatcher;
}

/** How attempts to authenticate a key end. */
export interface AttemptOutcomes<T> {
  /** Whether the caller has authenticated nothing: only that uses up the budget. */
  readonly isFailedAttempt: (outcome: T) => boolean;
  /** The outcome of failed attempts once the budget is used up. */
  readonly tooMany: (retryAfterSeconds: number) => T;
}

/** One attempt to authenticate a key. */
export interface LimitedAttempt<T> {
  readonly address: () => string | null;
  /** The keys that it may be about; none when nothing names one. Called only once the budget is used up. */
  readonly keyIds: () => readonly string[];
  readonly prove: () => Promise<T>;
  /** The outcome for a key that does not exist. */
  readonly unknown: () => T;
}

/**
 * Lets a network attempt to authenticate while its budget of failed attempts lasts. Once that is used up, an attempt
 * that names no key is not made, and keys are first looked up in batches, so that a flood costs the store few reads.
 * A valid credential is never refused for that: at worst it waits for that one read. An attempt that rejects does not
 * count.
 */
export async function tryWithinBudget<T>(
  { budget, lookups }: FailureLimits,
  outcomes: AttemptOutcomes<T>,
  { address, keyIds, prove, unknown }: LimitedAttempt<T>,
): Promise<T> {
  const window = budget.begin(address());
  if (window !== null) {
    let hasFailed = false;
    try {
      const outcome = await prove();
      hasFailed = outcomes.isFailedAttempt(outcome);
      return outcome;
    } finally {
      budget.settle(window, hasFailed);
    }
  }
  const found = await Promise.all(keyIds().map((id) => lookups.exists(id)));
  const outcome = found.includes(true) ? await prove() : unknown();
  return countFailedAttempt(budget, outcomes, outcome, address);
}

/** Counts an attempt that was made without a reservation, if it failed. */
export function countFailedAttempt<T>(
  budget: FailureBudget,
  { isFailedAttempt, tooMany }: AttemptOutcomes<T>,
  outcome: T,
  address: () => string | null,
): T {
  const retryAfterSeconds = isFailedAttempt(outcome) ? budget.fail(address()) : 0;
  return retryAfterSeconds === 0 ? outcome : tooMany(retryAfterSeconds);
}

/** Creates the outcomes for verdicts, given which refusals are those of failed attempts. */
export function toAttemptOutcomes(isFailedAttempt: (refusal: Refusal) => boolean): AttemptOutcomes<Verdict> {
  return {
    isFailedAttempt: (verdict) => !verdict.allowed && isFailedAttempt(verdict),
    tooMany: (retryAfterSeconds) => ({ allowed: false, code: 'too_many_failures', retryAfterSeconds }),
  };
}
