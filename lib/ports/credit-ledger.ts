import type { PlanCredits, SpentCredits } from '../domain/plan-credits.js';

/** The result of a payment. */
export interface CreditPayment {
  /** `false` when one of the balances did not suffice; then nothing was deducted from any. */
  readonly isPaid: boolean;
  /**
   * When not paid: the time of the next refill, epoch milliseconds; `null` when there is none, or when it does not
   * pay for the request.
   */
  readonly refillsAt: number | null;
  /** When not paid: refills fill up to less than the cost, so that waiting does not help. */
  readonly exceedsRefill?: true;
  /** When not paid: the credits of a key above the key did not suffice; those of the key, if it pays, did. */
  readonly isAbove?: true;
  /** When not paid: the credits that the keys of the owner share did not suffice; those of keys, if any pays, did. */
  readonly isShared?: true;
}

/** What a request is paid with: from each that is given, or from none of them. */
export interface CreditPayer {
  /** The key whose own credits pay; `null`: none. */
  readonly keyId: string | null;
  /** The keys above it whose credits pay as well, at most 5, in any order. */
  readonly above: readonly string[];
  /** The credits that all keys of the owner share; `null`: none. */
  readonly shared: SharedCredits | null;
}

/** The credits that all keys of an owner share in one environment, by the plan that the owner has now. */
export interface SharedCredits extends PlanCredits {
  readonly ownerId: string;
  readonly environment: string;
}

/** The credits of keys and owners, exact for all processes together. */
export interface CreditLedger {
  /**
   * Deducts `cost` from all credits of the payer if each of them suffices, after a refill that is due: one conditional
   * step, so that no credit is spent twice. It is never repeated without a reply: then it rejects, and the credits may
   * or may not have been deducted. A key without credits pays nothing and is refused. Payments of a key and of keys below
   * it that are made at once wait for each other, and never in a circle.
   *
   * @param cost - at least 1
   * @param now - epoch milliseconds
   */
  spend(payer: CreditPayer, cost: number, now: number): Promise<CreditPayment>;
  /** What the keys of an owner have spent of shared credits; `null`: nothing yet. */
  findSpent(ownerId: string, environment: string): Promise<SpentCredits | null>;
}

/** How a new balance is combined with the stored one. */
export type CreditChange =
  /** Replaces the stored balance. */
  | 'set'
  /**
   * The same, but the remaining credits never become more than they are at the new `refilledAt`, including a refill
   * that is due by then: an actor that may only reduce rights must not grant credits by accident.
   */
  | 'lower';
