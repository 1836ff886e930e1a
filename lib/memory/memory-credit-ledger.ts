import type { ApiKeyRecord } from '../domain/api-key.js';
import { refillCredits, type CreditBalance } from '../domain/credits.js';
import { toSharedBalance, type SpentCredits } from '../domain/plan-credits.js';
import type { CreditLedger } from '../ports/credit-ledger.js';
import { refusePayment } from '../ports/refuse-payment.js';

/** The credits of a store in memory. */
export interface MemoryCreditLedger extends CreditLedger {
  /** Forgets what an owner has spent; the number of environments. */
  forget(ownerId: string): number;
}

interface PayingKey {
  readonly record: ApiKeyRecord;
  readonly balance: CreditBalance;
}

/** Creates the ledger; balances of keys are in their records. */
export function createMemoryCreditLedger(
  findKey: (id: string) => ApiKeyRecord | undefined,
  replaceKey: (record: ApiKeyRecord) => void,
): MemoryCreditLedger {
  const spentByOwner = new Map<string, Map<string, SpentCredits>>();
  const find = (ownerId: string, environment: string): SpentCredits | null =>
    spentByOwner.get(ownerId)?.get(environment) ?? null;

  /** A key with its balance after a refill that is due; `null` when it has none. */
  function findPaying(id: string, now: number): PayingKey | null {
    const record = findKey(id);
    if (record === undefined || record.credits === null) return null;
    return { record, balance: refillCredits(record.credits, now) };
  }

  return {
    async spend({ keyId, above, shared }, cost, now) {
      const payers = [...(keyId === null ? [] : [keyId]), ...above].map((id) => findPaying(id, now));
      if (!payers.every((payer) => payer !== null)) return { isPaid: false, refillsAt: null };
      const ofOwner =
        shared === null ? null : toSharedBalance(shared, find(shared.ownerId, shared.environment), now);
      const balances = payers.map(({ balance }) => balance);
      if ([...balances, ofOwner].some((balance) => balance !== null && balance.remaining < cost)) {
        const [own = null] = keyId === null ? [] : balances;
        return refusePayment(
          { own, above: balances.slice(own === null ? 0 : 1), shared: ofOwner },
          cost,
          now,
        );
      }
      for (const { record, balance } of payers) {
        replaceKey({ ...record, credits: { ...balance, remaining: balance.remaining - cost } });
      }
      if (shared !== null && ofOwner !== null) {
        const spent = { spent: shared.amount - ofOwner.remaining + cost, since: ofOwner.refilledAt };
        const ofOthers = spentByOwner.get(shared.ownerId) ?? [];
        spentByOwner.set(shared.ownerId, new Map(ofOthers).set(shared.environment, spent));
      }
      return { isPaid: true, refillsAt: null };
    },

    findSpent: async (ownerId, environment) => find(ownerId, environment),

    forget(ownerId) {
      const environments = spentByOwner.get(ownerId)?.size ?? 0;
      spentByOwner.delete(ownerId);
      return environments;
    },
  };
}
