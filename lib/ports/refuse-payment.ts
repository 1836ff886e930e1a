import { refillCredits, type CreditBalance } from '../domain/credits.js';
import type { CreditPayment } from './credit-ledger.js';

/**
 * The result of a payment that was refused, with the time from which it may succeed.
 *
 * @param own - the balance of the key; `null`: it does not pay
 * @param shared - the balance that the keys of the owner share; `null`: it does not pay
 * @param now - epoch milliseconds
 */
export function refusePayment(
  own: CreditBalance | null,
  shared: CreditBalance | null,
  cost: number,
  now: number,
): CreditPayment {
  const balances = [own, shared].map((balance) => (balance === null ? null : refillCredits(balance, now)));
  const isShort = (balance: CreditBalance | null | undefined): boolean =>
    balance !== null && balance !== undefined && balance.remaining < cost;
  // They may have been refilled since the refusal: then all of them count.
  const isAnyShort = balances.some(isShort);
  const short = balances.filter((balance) => balance !== null && (!isAnyShort || isShort(balance)));
  const whose = isShort(balances[1]) && !isShort(balances[0]) ? ({ isShared: true } as const) : {};
  let refillsAt = 0;
  for (const balance of short) {
    if (balance === null || balance.refillIntervalSeconds === null) {
      return { isPaid: false, refillsAt: null, ...whose };
    }
    if (balance.refillAmount !== null && balance.refillAmount < cost) {
      return { isPaid: false, refillsAt: null, exceedsRefill: true, ...whose };
    }
    refillsAt = Math.max(refillsAt, balance.refilledAt + balance.refillIntervalSeconds * 1000);
  }
  return { isPaid: false, refillsAt: short.length === 0 ? null : refillsAt, ...whose };
}
