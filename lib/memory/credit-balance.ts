import { refillCredits, type CreditBalance } from '../domain/credits.js';
import type { CreditChange } from '../ports/credit-ledger.js';

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
