/** The credits that a key has left to spend, and how they are refilled. Credits are money, not a rate. */
export interface Credits {
  /** Credits left to spend, 0 or more. */
  readonly remaining: number;
  /** `remaining` is raised to this at the end of each interval, and never lowered. `null`: never refilled. */
  readonly refillAmount: number | null;
  /** Length of an interval, in seconds; set if and only if `refillAmount` is. */
  readonly refillIntervalSeconds: number | null;
}

/** Credits to give to a key. Set both `refillAmount` and `refillIntervalSeconds`, or neither. */
export interface NewCredits {
  /** Credits to spend, 0 to 1,000,000,000,000. */
  readonly remaining: number;
  /**
   * `remaining` is raised to this at the end of each interval; 1 to 1,000,000,000,000.
   *
   * @default null - never refilled
   */
  readonly refillAmount?: number | null | undefined;
  /**
   * Length of an interval, in seconds: 1 second to 366 days. The first interval begins when the credits are given.
   *
   * @default null - never refilled
   */
  readonly refillIntervalSeconds?: number | null | undefined;
}

/** Stored credits. */
export interface CreditBalance extends Credits {
  /** When the current interval began, in epoch milliseconds. */
  readonly refilledAt: number;
}

/** Maximum number of credits per key: far below the largest integer that a JSON number represents exactly. */
export const maxCredits = 1_000_000_000_000;

/**
 * Returns the balance at a given time: once an interval is over, it is raised to `refillAmount`. Intervals are aligned to
 * the first one, no matter how late the balance is read.
 *
 * @param now - epoch milliseconds
 */
export function refillCredits(balance: CreditBalance, now: number): CreditBalance {
  const { remaining, refillAmount, refillIntervalSeconds, refilledAt } = balance;
  if (refillAmount === null || refillIntervalSeconds === null) return balance;
  const intervalMs = refillIntervalSeconds * 1000;
  const intervals = Math.floor((now - refilledAt) / intervalMs);
  if (intervals < 1) return balance;
  return {
    ...balance,
    remaining: Math.max(remaining, refillAmount),
    refilledAt: refilledAt + intervals * intervalMs,
  };
}
