import { refillCredits, type CreditBalance } from '../domain/credits.js';
import type { CreditChange, CreditPayment } from '../ports/credit-ledger.js';

/** The balance after a change; with `lower`, credits spent since it was read are taken into account. */
export function applyCreditChange(
  before: CreditBalance | null,
  balance: CreditBalance | null,
  change: CreditChange,
): CreditBalance | null {
  if (balance === null || before === null || change === 'set') return balance;
  const { remaining } = refillCredits(before, balance.refilledAt);
  return { ...balance, remaining: Math.min(balance.remaining, remaining) };
}

/** Deducts the cost of a request: the result for the request, and the balance after it. */
export function deductCost(
  balance: CreditBalance | null,
  cost: number,
  now: number,
): { payment: CreditPayment; left: CreditBalance | null } {
  if (balance === null) return { payment: { isPaid: false, refillsAt: null }, left: null };
  const current = refillCredits(balance, now);
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
