import type { ApiKeyRecord } from '../domain/api-key.js';
import { refillCredits } from '../domain/credits.js';
import { toSharedBalance, type SpentCredits } from '../domain/plan-credits.js';
import type { CreditLedger } from '../ports/credit-ledger.js';
import { refusePayment } from '../ports/refuse-payment.js';

/** The credits of a store in memory. */
export interface MemoryCreditLedger extends CreditLedger {
  /** Forgets what an owner has spent; the number of environments. */
  forget(ownerId: string): number;
}

/** Creates the ledger; balances of keys are in their records. */
export function createMemoryCreditLedger(
  findKey: (id: string) => ApiKeyRecord | undefined,
  replaceKey: (record: ApiKeyRecord) => void,
): MemoryCreditLedger {
  const spentByOwner = new Map<string, Map<string, SpentCredits>>();
  const find = (ownerId: string, environment: string): SpentCredits | null =>
    spentByOwner.get(ownerId)?.get(environment) ?? null;

  return {
    async spend({ keyId, shared }, cost, now) {
      const record = keyId === null ? undefined : findKey(keyId);
      const own = record?.credits ?? null;
      if (keyId !== null && own === null) return { isPaid: false, refillsAt: null };
      const current = own === null ? null : refillCredits(own, now);
      const ofOwner =
        shared === null ? null : toSharedBalance(shared, find(shared.ownerId, shared.environment), now);
      if ([current, ofOwner].some((balance) => balance !== null && balance.remaining < cost)) {
        return refusePayment(own, ofOwner, cost, now);
      }
      if (record !== undefined && current !== null) {
        replaceKey({ ...record, credits: { ...current, remaining: current.remaining - cost } });
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
