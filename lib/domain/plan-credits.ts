import { refillCredits, type CreditBalance } from './credits.js';

/** Credits that a plan gives an owner, shared by all keys of the owner. */
export interface PlanCredits {
  /** How much requests can cost together, 0 to 1,000,000,000,000: once for all, or in each interval. */
  readonly amount: number;
  /**
   * Length of an interval, in seconds: 1 second to 366 days. The first interval begins with the first request that is paid for.
   *
   * @default null - never refilled
   */
  readonly refillIntervalSeconds?: number | null | undefined;
}

/**
 * What the keys of an owner have spent. It is stored apart from the amount, which belongs to the plan: a change of the plan needs no
 * change of it.
 */
export interface SpentCredits {
  /** Spent in the current interval, or ever where there are no intervals. */
  readonly spent: number;
  /** When the current interval began, in epoch milliseconds. */
  readonly since: number;
}

/** What is left of the credits of an owner. In JSON, times are RFC 3339 strings. */
export interface OwnerCredits {
  readonly remaining: number;
  /** What the plan of the owner gives, once or in each interval. */
  readonly amount: number;
  /** `null`: never refilled. */
  readonly refillIntervalSeconds: number | null;
  /** When `remaining` is `amount` again; `null`: never, or nothing was spent yet. */
  readonly refillsAt: Date | null;
}

/**
 * The credits that an owner shares, as a balance at a given time.
 *
 * @param spent - `null`: nothing was spent yet
 * @param now - epoch milliseconds
 */
export function toSharedBalance(
  { amount, refillIntervalSeconds = null }: PlanCredits,
  spent: SpentCredits | null,
  now: number,
): CreditBalance {
  const balance = {
    // A plan can give less than was spent under the one before.
    remaining: Math.max(0, amount - (spent?.spent ?? 0)),
    refillAmount: refillIntervalSeconds === null ? null : amount,
    refillIntervalSeconds,
    refilledAt: spent?.since ?? now,
  };
  return refillCredits(balance, now);
}

/** Returns the public view of the credits of an owner. */
export function toOwnerCredits(credits: PlanCredits, spent: SpentCredits | null, now: number): OwnerCredits {
  const { remaining, refillIntervalSeconds, refilledAt } = toSharedBalance(credits, spent, now);
  const refillsAt =
    spent === null || refillIntervalSeconds === null ? null : refilledAt + refillIntervalSeconds * 1000;
  return {
    remaining,
    amount: credits.amount,
    refillIntervalSeconds,
    refillsAt: refillsAt === null ? null : new Date(refillsAt),
  };
}
