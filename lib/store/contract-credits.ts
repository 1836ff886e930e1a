import type { CreditBalance } from '../domain/credits.js';
import type { CreditPayer } from '../ports/credit-ledger.js';
import type { KeyStore } from '../ports/key-store.js';
import type { ContractContext } from './contract-context.js';
import {
  insert,
  createNextVersion,
  createSampleEvent,
  createSampleKey,
  sampleTime,
  update,
} from './sample-keys.js';

const key = createSampleKey({ id: 'paying', hasCredits: true });
const dayMs = 24 * 60 * 60 * 1000;

function createBalance(changes: Partial<CreditBalance> = {}): CreditBalance {
  return {
    remaining: 10,
    refillAmount: null,
    refillIntervalSeconds: null,
    refilledAt: sampleTime,
    ...changes,
  };
}

/** A balance that is filled up to 10 once a day. */
const createDailyBalance = (remaining: number): CreditBalance =>
  createBalance({ remaining, refillAmount: 10, refillIntervalSeconds: dayMs / 1000 });

const createPayer = (keyId: string): CreditPayer => ({ keyId, above: [], shared: null });

/** What keys have to spend: exact, beside the record, and refilled as `refillCredits` says. */
export function describeCredits({ describe, it, expect }: ContractContext): void {
  const readBalance = async (store: KeyStore): Promise<CreditBalance | null | undefined> =>
    (await store.find(key.id))?.credits;

  describe('credits.spend', () => {
    it('takes what is asked for while there is enough, and changes nothing else', async ({ store }) => {
      const record = { ...key, credits: createBalance() };
      await insert(store, record);
      expect(await store.credits.spend(createPayer(key.id), 3, sampleTime)).toEqual({
        isPaid: true,
        refillsAt: null,
      });
      expect(await store.credits.spend(createPayer(key.id), 8, sampleTime)).toEqual({
        isPaid: false,
        refillsAt: null,
      });
      expect(await store.credits.spend(createPayer(key.id), 7, sampleTime)).toEqual({
        isPaid: true,
        refillsAt: null,
      });
      expect(await store.credits.spend(createPayer(key.id), 1, sampleTime)).toEqual({
        isPaid: false,
        refillsAt: null,
      });
      expect(await store.find(key.id)).toEqual({ ...record, credits: createBalance({ remaining: 0 }) });
    });

    it('refuses keys without credits and keys that are not there', async ({ store }) => {
      await insert(store, createSampleKey({ id: 'free' }));
      for (const id of ['free', 'unknown', 'with\0nul', '']) {
        expect((await store.credits.spend(createPayer(id), 1, sampleTime)).isPaid).toBe(false);
      }
    });

    it('is exact while many spend at once', async ({ store, other }) => {
      await insert(store, { ...key, credits: createBalance() });
      const payments = await Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          (index % 2 === 0 ? store : other).credits.spend(createPayer(key.id), 1, sampleTime),
        ),
      );
      expect(payments.filter(({ isPaid }) => isPaid).length).toBe(10);
      expect((await readBalance(store))?.remaining).toBe(0);
    });

    it('refills when an interval is over, and says when the next one is', async ({ store }) => {
      await insert(store, { ...key, credits: createDailyBalance(1) });
      const spend = (cost: number, after: number): Promise<unknown> =>
        store.credits.spend(createPayer(key.id), cost, sampleTime + after);
      expect(await spend(2, dayMs - 1)).toEqual({ isPaid: false, refillsAt: sampleTime + dayMs });
      expect(await spend(4, dayMs)).toEqual({ isPaid: true, refillsAt: null });
      expect(await readBalance(store)).toEqual({ ...createDailyBalance(6), refilledAt: sampleTime + dayMs });
      // Two and a half days later: filled up once, and the rhythm stays.
      expect(await spend(1, 3.5 * dayMs)).toEqual({ isPaid: true, refillsAt: null });
      expect(await readBalance(store)).toEqual({
        ...createDailyBalance(9),
        refilledAt: sampleTime + 3 * dayMs,
      });
      expect(await spend(10, 3.6 * dayMs)).toEqual({ isPaid: false, refillsAt: sampleTime + 4 * dayMs });
      // More than a refill ever gives.
      expect(await spend(11, 4.5 * dayMs)).toEqual({ isPaid: false, refillsAt: null, exceedsRefill: true });
    });

    it('does not lower by a refill what is above it, nor refill before its time', async ({ store }) => {
      await insert(store, { ...key, credits: createDailyBalance(30) });
      await store.credits.spend(createPayer(key.id), 5, sampleTime + dayMs);
      expect(await readBalance(store)).toEqual({ ...createDailyBalance(25), refilledAt: sampleTime + dayMs });
      await store.credits.spend(createPayer(key.id), 5, sampleTime - dayMs);
      expect(await readBalance(store)).toEqual({ ...createDailyBalance(20), refilledAt: sampleTime + dayMs });
    });

    it('keeps amounts that need more than 32 bits', async ({ store }) => {
      await insert(store, { ...key, credits: createBalance({ remaining: 1_000_000_000_000 }) });
      await store.credits.spend(createPayer(key.id), 1_000_000, sampleTime);
      expect((await readBalance(store))?.remaining).toBe(999_999_000_000);
    });
  });

  describe('setCredits', () => {
    const set = (store: KeyStore, to: CreditBalance | null, change: 'set' | 'lower' = 'set'): Promise<void> =>
      store.transact(async (transaction) => {
        const current = await transaction.find(key.id);
        if (current === null) throw new Error('not stored');
        const next = createNextVersion(current, { hasCredits: to !== null });
        await transaction.update(next, createSampleEvent(next));
        await transaction.setCredits(key.id, to, change);
        expect((await transaction.find(key.id))?.hasCredits).toBe(to !== null);
      });

    it('gives, replaces and takes away', async ({ store }) => {
      await insert(store, { ...key, hasCredits: false, credits: null });
      await set(store, createDailyBalance(4));
      expect(await readBalance(store)).toEqual(createDailyBalance(4));
      await set(store, createBalance({ remaining: 99 }));
      expect(await readBalance(store)).toEqual(createBalance({ remaining: 99 }));
      await set(store, null);
      expect(await readBalance(store)).toBe(null);
      expect((await store.credits.spend(createPayer(key.id), 1, sampleTime)).isPaid).toBe(false);
    });

    it('only lowers with the mode `lower`', async ({ store }) => {
      await insert(store, { ...key, credits: createBalance({ remaining: 5 }) });
      await set(store, createBalance({ remaining: 8 }), 'lower');
      expect((await readBalance(store))?.remaining).toBe(5);
      await set(store, createBalance({ remaining: 2 }), 'lower');
      expect((await readBalance(store))?.remaining).toBe(2);
    });

    it('lowers from what a refill has made of it by then', async ({ store }) => {
      const createBalanceAt = (time: number): CreditBalance =>
        createBalance({ remaining: 7, refilledAt: time });
      await insert(store, { ...key, credits: { ...createDailyBalance(9), remaining: 1 } });
      await set(store, createBalanceAt(sampleTime + dayMs - 1), 'lower');
      expect((await readBalance(store))?.remaining).toBe(1);
      await set(store, { ...createDailyBalance(9), remaining: 1 });
      await set(store, createBalanceAt(sampleTime + dayMs), 'lower');
      expect(await readBalance(store)).toEqual(createBalanceAt(sampleTime + dayMs));
    });

    it('is undone with the change', async ({ store }) => {
      await insert(store, { ...key, credits: createBalance() });
      const failing = store.transact(async (transaction) => {
        await transaction.setCredits(key.id, createBalance({ remaining: 99 }), 'set');
        throw new Error('changed my mind');
      });
      await expect(failing).rejects.toThrow();
      expect(await readBalance(store)).toEqual(createBalance());
    });

    it('is not done by an update, which keeps what was spent meanwhile', async ({ store }) => {
      const record = { ...key, credits: createBalance() };
      await insert(store, record);
      await store.transact(async (transaction) => {
        const next = createNextVersion(record, {
          name: 'Renamed',
          credits: createBalance({ remaining: 99 }),
        });
        await transaction.update(next, createSampleEvent(next));
      });
      await store.credits.spend(createPayer(key.id), 4, sampleTime);
      await update(store, { ...createNextVersion(createNextVersion(record)), credits: createBalance() });
      expect((await readBalance(store))?.remaining).toBe(6);
    });
  });
}
