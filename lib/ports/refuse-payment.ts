import { refillCredits, type CreditBalance } from '../domain/credits.js';
import type { CreditPayment } from './credit-ledger.js';

/** The balances of a payment, as they were read. */
export interface PayingBalances {
  /** That of the key; `null`: it does not pay. */
  readonly own: CreditBalance | null;
  /** Those of the keys above it that pay. */
  readonly above: readonly CreditBalance[];
  /** What the keys of the owner share; `null`: it does not pay. */
  readonly shared: CreditBalance | null;
}

/**
 * The result of a payment that was refused, with the time from which it may succeed.
 *
 * @param cost - at least 1
 * @param now - epoch milliseconds
 */
export function refusePayment(
  { own, above, shared }: PayingBalances,
  cost: number,
  now: number,
): CreditPayment {
  const isShort = (balance: CreditBalance | null): boolean =>
    balance !== null && refillCredits(balance, now).remaining < cost;
  const balances = [own, ...above, shared].filter((balance) => balance !== null);
  const short = balances.filter(isShort);
  const whose = describeShort(isShort(own), above.some(isShort), isShort(shared));
  let refillsAt = 0;
  // They may have been refilled since the refusal: then all of them count.
  for (const stored of short.length === 0 ? balances : short) {
    const balance = refillCredits(stored, now);
    if (balance.refillIntervalSeconds === null) return { isPaid: false, refillsAt: null, ...whose };
    if (balance.refillAmount !== null && balance.refillAmount < cost) {
      return { isPaid: false, refillsAt: null, exceedsRefill: true, ...whose };
    }
    refillsAt = Math.max(refillsAt, balance.refilledAt + balance.refillIntervalSeconds * 1000);
  }
  return { isPaid: false, refillsAt: balances.length === 0 ? null : refillsAt, ...whose };
}

/** The first one that is short, from the key upwards. */
function describeShort(
  isOwnShort: boolean,
  isAboveShort: boolean,
  isSharedShort: boolean,
): Pick<CreditPayment, 'isAbove' | 'isShared'> {
  if (isOwnShort) return {};
  if (isAboveShort) return { isAbove: true };
  return isSharedShort ? { isShared: true } : {};
}
