/** The result of a payment. */
export interface CreditPayment {
  /** `false` when the balance did not suffice; then nothing was deducted. */
  readonly isPaid: boolean;
  /**
   * When not paid: the time of the next refill, epoch milliseconds; `null` when there is none, or when it does not
   * pay for the request.
   */
  readonly refillsAt: number | null;
  /** When not paid: refills fill up to less than the cost, so that waiting does not help. */
  readonly exceedsRefill?: true;
}

/** The credits of keys, exact for all processes together. */
export interface CreditLedger {
  /**
   * Deducts `cost` from a key's credits if the balance suffices, after a refill that is due: one conditional step, so
   * that no credit is spent twice. It is never repeated without a reply: then it rejects, and the credits may or may
   * not have been deducted. A key without credits pays nothing and is refused.
   *
   * @param cost - at least 1
   * @param now - epoch milliseconds
   */
  spend(keyId: string, cost: number, now: number): Promise<CreditPayment>;
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
