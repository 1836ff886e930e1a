import { refilled, type CreditBalance } from '../domain/credits.js';
import type { CreditChange, CreditPayment } from '../ports/credit-ledger.js';

/** The balance after a change; with `lower`, what was spent since it was read counts. */
export function applyCreditChange(
  before: CreditBalance | null,
  balance: CreditBalance | null,
  change: CreditChange,
): CreditBalance | null {
  if (balance === null || before === null || change === 'set') return balance;
  const { remaining } = refilled(before, balance.refilledAt);
  return { ...balance, remaining: Math.min(balance.remaining, remaining) };
}

/** What a request is charged, and what is left behind it. */
export function paid(
  balance: CreditBalance | null,
  cost: number,
  now: number,
): { payment: CreditPayment; left: CreditBalance | null } {
  if (balance === null) return { payment: { isPaid: false, refillsAt: null }, left: null };
  const current = refilled(balance, now);
  if (current.remaining >= cost) {
    const left = { ...current, remaining: current.remaining - cost };
    return { payment: { isPaid: true, refillsAt: null }, left };
  }
  const { refilledAt, refillAmount, refillIntervalSeconds } = current;
  if (refillAmount !== null && refillAmount < cost) {
    return { payment: { isPaid: false, refillsAt: null, exceedsRefill: true }, left: balance };
  }
  const refillsAt = refillIntervalSeconds === null ? null : refilledAt + refillIntervalSeconds * 1000;
  return { payment: { isPaid: false, refillsAt }, left: balance };
}
