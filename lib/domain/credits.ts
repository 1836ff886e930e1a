/** How many requests a key has left to spend, and how they come back. They are money, not a rate. */
export interface Credits {
  /** Left to spend, 0 or more. */
  readonly remaining: number;
  /** What `remaining` is filled up to when an interval is over; never lowered. `null`: it is never refilled. */
  readonly refillAmount: number | null;
  /** How long an interval is; set if and only if `refillAmount` is. */
  readonly refillIntervalSeconds: number | null;
}

/** Credits as they are given to a key. A refill has both an amount and an interval, or there is none. */
export interface NewCredits {
  /** How much there is to spend, 0 to 1,000,000,000,000. */
  readonly remaining: number;
  /** What `remaining` is filled up to when an interval is over, at least 1. */
  readonly refillAmount?: number | null | undefined;
  /** 1 second to 366 days. The first interval begins when the credits are given. */
  readonly refillIntervalSeconds?: number | null | undefined;
}

/** Credits as they are stored. */
export interface CreditBalance extends Credits {
  /** When the running interval began, epoch milliseconds. */
  readonly refilledAt: number;
}

/** Most credits that one key can have: far below what a JSON number holds exactly. */
export const maxCredits = 1_000_000_000_000;

/**
 * The balance at a moment: when an interval is over, it is filled up to `refillAmount`. Intervals follow each other from
 * the first one on, however late somebody looks.
 *
 * @param now - epoch milliseconds
 */
export function refilled(balance: CreditBalance, now: number): CreditBalance {
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
