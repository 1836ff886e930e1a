/** What came of the wish to pay for a request. */
export interface CreditPayment {
  /** `false`: there was not enough left, and nothing was taken. */
  readonly isPaid: boolean;
  /**
   * When not paid: the next time credits come back, epoch milliseconds; `null` when they never do, or when what comes
   * back does not pay for the request.
   */
  readonly refillsAt: number | null;
  /** When not paid: there are refills, but they fill up to less than the cost, so that waiting does not help. */
  readonly exceedsRefill?: true;
}

/** The credits of keys, exact for all processes together. */
export interface CreditLedger {
  /**
   * Takes `cost` from a key's credits if so much is left, refilled first where a refill is due: one conditional step, so
   * that no credit is spent twice. It is never repeated when there was no answer: then it rejects, and the credits may
   * be spent or not. A key without credits pays nothing and is refused.
   *
   * @param cost - at least 1
   * @param now - epoch milliseconds
   */
  spend(keyId: string, cost: number, now: number): Promise<CreditPayment>;
}

/** How credits that are set meet what is stored. */
export type CreditChange =
  /** Sets them, whatever there was. */
  | 'set'
  /**
   * The same, but what is left never becomes more than it is at the new `refilledAt`, a refill that is due by then among
   * it: whoever may only take away must not give by chance.
   */
  | 'lower';
