import type { CreditBalance } from '../domain/credits.js';
import type { SharedCredits } from '../ports/credit-ledger.js';
import type { KeyStore } from '../ports/key-store.js';
import type { ContractContext } from './contract-context.js';
import { createSampleKey, insert, sampleTime } from './sample-keys.js';

const key = createSampleKey({ id: 'paying', hasCredits: true });
const dayMs = 24 * 60 * 60 * 1000;

const createBalance = (remaining: number): CreditBalance => ({
  ...{ remaining, refillAmount: null, refillIntervalSeconds: null, refilledAt: sampleTime },
});

/** A balance that is filled up to 10 once a day. */
const createDailyBalance = (remaining: number): CreditBalance => ({
  ...createBalance(remaining),
  ...{ refillAmount: 10, refillIntervalSeconds: dayMs / 1000 },
});

/** What all keys of an owner have to spend together. */
export function describeSharedCredits({ describe, it, expect }: ContractContext): void {
  const readBalance = async (store: KeyStore): Promise<CreditBalance | null | undefined> =>
    (await store.find(key.id))?.credits;

  describe('credits.spend, of what the keys of an owner share', () => {
    const createShared = (changes: Partial<SharedCredits> = {}): SharedCredits => ({
      ...{ ownerId: 'owner-1', environment: 'live', amount: 10, refillIntervalSeconds: null },
      ...changes,
    });
    const spend = (
      { credits }: KeyStore,
      shared: SharedCredits,
      cost: number,
      now = sampleTime,
      keyId: string | null = null,
    ): Promise<unknown> => credits.spend({ keyId, above: [], shared }, cost, now);
    const paid = { isPaid: true, refillsAt: null };
    const short = { isPaid: false, refillsAt: null, isShared: true };

    it('takes from the amount of the plan, for each owner and environment', async ({ store, other }) => {
      expect(await store.credits.findSpent('owner-1', 'live')).toBe(null);
      expect(await spend(store, createShared(), 11)).toEqual(short);
      expect(await store.credits.findSpent('owner-1', 'live')).toBe(null);
      expect(await spend(store, createShared(), 7)).toEqual(paid);
      expect(await spend(other, createShared(), 4)).toEqual(short);
      expect(await spend(other, createShared(), 3, sampleTime + 5)).toEqual(paid);
      expect(await store.credits.findSpent('owner-1', 'live')).toEqual({ spent: 10, since: sampleTime });
      expect(await spend(store, createShared({ environment: 'test' }), 1)).toEqual(paid);
      expect(await spend(store, createShared({ ownerId: 'owner-2' }), 1)).toEqual(paid);
      expect(await other.credits.findSpent('owner-2', 'live')).toEqual({ spent: 1, since: sampleTime });
      // Not every database can store such a name. That is no outage.
      await store.credits.spend(
        { keyId: null, above: [], shared: createShared({ ownerId: 'a\0' }) },
        1,
        sampleTime,
      );
    });

    it('counts what was spent against the amount of another plan', async ({ store }) => {
      await spend(store, createShared(), 8);
      expect(await spend(store, createShared({ amount: 5 }), 1)).toEqual(short);
      expect(await spend(store, createShared({ amount: 12 }), 4)).toEqual(paid);
      expect(await spend(store, createShared({ amount: 1_000_000_000_000 }), 1_000_000)).toEqual(paid);
      expect((await store.credits.findSpent('owner-1', 'live'))?.spent).toBe(1_000_012);
    });

    it('starts over with each interval, and says when the next one begins', async ({ store }) => {
      const daily = createShared({ refillIntervalSeconds: dayMs / 1000 });
      expect(await spend(store, daily, 8)).toEqual(paid);
      expect(await spend(store, daily, 4, sampleTime + dayMs - 1)).toEqual({
        ...short,
        refillsAt: sampleTime + dayMs,
      });
      expect(await spend(store, daily, 4, sampleTime + dayMs)).toEqual(paid);
      expect(await spend(store, daily, 9, sampleTime + 3.5 * dayMs)).toEqual(paid);
      expect(await store.credits.findSpent('owner-1', 'live')).toEqual({
        spent: 9,
        since: sampleTime + 3 * dayMs,
      });
      // An earlier clock starts nothing over.
      expect(await spend(store, daily, 2, sampleTime)).toEqual({
        ...short,
        refillsAt: sampleTime + 4 * dayMs,
      });
      expect(await spend(store, daily, 11, sampleTime + 5 * dayMs)).toEqual({
        ...short,
        exceedsRefill: true,
      });
      // The interval of another plan counts from the same beginning.
      const hourly = createShared({ refillIntervalSeconds: 3600 });
      expect(await spend(store, hourly, 10, sampleTime + 3.5 * dayMs)).toEqual(paid);
    });

    it('takes from the key as well, or from neither', async ({ store, other }) => {
      const record = { ...key, credits: createDailyBalance(5) };
      await insert(store, record);
      const spendBoth = (on: KeyStore, shared: SharedCredits, cost: number, now = sampleTime) =>
        spend(on, shared, cost, now, key.id);
      const readLeft = async (): Promise<readonly (number | undefined)[]> => [
        (await readBalance(store))?.remaining,
        (await store.credits.findSpent('owner-1', 'live'))?.spent,
      ];
      expect(await spendBoth(store, createShared(), 6)).toEqual({
        isPaid: false,
        refillsAt: sampleTime + dayMs,
      });
      expect(await spendBoth(other, createShared({ amount: 3 }), 4)).toEqual(short);
      expect(await readLeft()).toEqual([5, undefined]);
      expect(await spendBoth(store, createShared(), 4)).toEqual(paid);
      expect(await readLeft()).toEqual([1, 4]);
      expect(await spendBoth(store, createShared(), 2)).toEqual({
        isPaid: false,
        refillsAt: sampleTime + dayMs,
      });
      expect(await spendBoth(store, createShared({ amount: 4 }), 1)).toEqual(short);
      // Neither suffices, and only one of them is refilled.
      expect(await spendBoth(store, createShared({ amount: 4 }), 2)).toEqual({
        isPaid: false,
        refillsAt: null,
      });
      expect(await spendBoth(store, createShared({ amount: 4 }), 2, sampleTime + dayMs)).toEqual(short);
      expect(await readLeft()).toEqual([1, 4]);
      expect(await spendBoth(store, createShared(), 6, sampleTime + dayMs)).toEqual(paid);
      expect(await readLeft()).toEqual([4, 10]);
      const unknown = await spend(store, createShared({ amount: 99 }), 1, sampleTime, 'unknown');
      expect(unknown).toEqual({ isPaid: false, refillsAt: null });
      expect(await readLeft()).toEqual([4, 10]);
    });

    it('is exact while many spend at once, with one key, with others and with none', async ({
      store,
      other,
    }) => {
      const keys = ['spender-1', 'spender-2'].map((id) => ({ ...key, id, credits: createBalance(10) }));
      await insert(store, ...keys);
      const shared = createShared({ amount: 15 });
      const payers = ['spender-1', 'spender-2', null];
      // Both stores spend with the same key at the same time.
      const choosePayer = (index: number): string | null => payers[Math.floor(index / 2) % 3] ?? null;
      const payments = await Promise.all(
        Array.from({ length: 90 }, (_, index) =>
          (index % 2 === 0 ? store : other).credits.spend(
            { keyId: choosePayer(index), above: [], shared },
            1,
            sampleTime,
          ),
        ),
      );
      const countPaid = (payer: string | null): number =>
        payments.filter(({ isPaid }, index) => isPaid && choosePayer(index) === payer).length;
      expect(countPaid('spender-1') + countPaid('spender-2') + countPaid(null)).toBe(15);
      expect((await other.credits.findSpent('owner-1', 'live'))?.spent).toBe(15);
      for (const { id } of keys) {
        expect((await store.find(id))?.credits?.remaining).toBe(10 - countPaid(id));
      }
    });

    it('is forgotten with the owner', async ({ store, other }) => {
      for (const environment of ['live', 'test']) await spend(store, createShared({ environment }), 9);
      await spend(store, createShared({ ownerId: 'owner-2' }), 9);
      expect(await other.erasure.eraseSpentCredits('owner-1')).toBe(2);
      expect(await store.erasure.eraseSpentCredits('owner-1')).toBe(0);
      expect(await store.credits.findSpent('owner-1', 'live')).toBe(null);
      expect((await store.credits.findSpent('owner-2', 'live'))?.spent).toBe(9);
    });
  });
}
