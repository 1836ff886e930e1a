import type { CreditBalance } from '../domain/credits.js';
import type { CreditPayer, CreditPayment, SharedCredits } from '../ports/credit-ledger.js';
import type { KeyStore } from '../ports/key-store.js';
import type { ContractContext } from './contract-context.js';
import { createSampleKey, insert, sampleTime } from './sample-keys.js';

const dayMs = 24 * 60 * 60 * 1000;
const ids = ['keytop0000000001', 'keychild00000001', 'keychild00000002', 'keygrand00000001'] as const;
const [top, child, sibling, grandchild] = ids;

const createBalance = (remaining: number, changes: Partial<CreditBalance> = {}): CreditBalance => ({
  remaining,
  refillAmount: null,
  refillIntervalSeconds: null,
  refilledAt: sampleTime,
  ...changes,
});

/** A balance that is filled up to 10 once a day. */
const createDailyBalance = (remaining: number): CreditBalance =>
  createBalance(remaining, { refillAmount: 10, refillIntervalSeconds: dayMs / 1000 });

const createShared = (amount: number): SharedCredits => ({
  ownerId: 'owner-1',
  environment: 'live',
  amount,
  refillIntervalSeconds: null,
});

/** What a request with a key takes from the keys above it as well. */
export function describeCreditsAbove({ describe, it, expect }: ContractContext): void {
  const paid = { isPaid: true, refillsAt: null };
  const short = { isPaid: false, refillsAt: null };

  const give = (store: KeyStore, ...balances: readonly CreditBalance[]): Promise<void> =>
    insert(
      store,
      ...balances.map((credits, index) =>
        createSampleKey({ id: ids[index] ?? '', hasCredits: true, credits, createdAt: sampleTime + index }),
      ),
    );

  const spend = (
    { credits }: KeyStore,
    [keyId, ...above]: readonly [string | null, ...(readonly string[])],
    cost: number,
    { shared = null, now = sampleTime }: { shared?: SharedCredits | null; now?: number } = {},
  ): Promise<CreditPayment> => credits.spend({ keyId, above, shared }, cost, now);

  const readLeft = async (store: KeyStore): Promise<readonly (number | undefined)[]> => {
    const left: (number | undefined)[] = [];
    for (const id of ids) left.push((await store.find(id))?.credits?.remaining);
    return left.filter((remaining) => remaining !== undefined);
  };
  const readSpent = async ({ credits }: KeyStore): Promise<number | undefined> =>
    (await credits.findSpent('owner-1', 'live'))?.spent;

  describe('credits.spend, of keys above a key', () => {
    it('takes from each of them, or from none', async ({ store, other }) => {
      await give(store, createBalance(10), createBalance(5), createBalance(20));
      expect(await spend(store, [child, top], 3)).toEqual(paid);
      expect(await readLeft(store)).toEqual([7, 2, 20]);
      expect(await spend(other, [child, top], 3)).toEqual(short);
      expect(await spend(other, [sibling, top], 8)).toEqual({ ...short, isAbove: true });
      // Both are short: the key itself is named.
      expect(await spend(other, [child, top], 8)).toEqual(short);
      expect(await readLeft(other)).toEqual([7, 2, 20]);
      expect(await spend(store, [sibling, child, top], 2)).toEqual(paid);
      expect(await readLeft(store)).toEqual([5, 0, 18]);
      expect(await spend(store, [sibling, child, top], 1)).toEqual({ ...short, isAbove: true });
      expect(await readLeft(store)).toEqual([5, 0, 18]);
    });

    it('takes from them alone for a key without credits', async ({ store, other }) => {
      await give(store, createBalance(10), createBalance(4));
      expect(await spend(store, [null, top], 3)).toEqual(paid);
      expect(await spend(other, [null, child, top], 4)).toEqual(paid);
      expect(await readLeft(store)).toEqual([3, 0]);
      expect(await spend(other, [null, child, top], 1)).toEqual({ ...short, isAbove: true });
      expect(await spend(other, [null, top], 4)).toEqual({ ...short, isAbove: true });
      expect(await readLeft(store)).toEqual([3, 0]);
    });

    it('takes from five keys above a key', async ({ store }) => {
      const chain = ['a', 'b', 'c', 'd', 'e', 'f'].map((letter) => `keydeep00000000${letter}`);
      await insert(
        store,
        ...chain.map((id, index) =>
          createSampleKey({ id, hasCredits: true, credits: createBalance(5 + index) }),
        ),
      );
      const [keyId = '', ...above] = chain;
      expect(await spend(store, [keyId, ...above], 5)).toEqual(paid);
      for (const [index, id] of chain.entries()) {
        expect((await store.find(id))?.credits?.remaining).toBe(index);
      }
      expect(await spend(store, [keyId, ...above], 1)).toEqual(short);
      expect((await store.find(chain[5] ?? ''))?.credits?.remaining).toBe(5);
    });

    it('takes from what the keys of the owner share as well, once, or from nothing', async ({
      store,
      other,
    }) => {
      await give(store, createBalance(10), createBalance(5));
      expect(await spend(store, [child, top], 3, { shared: createShared(8) })).toEqual(paid);
      expect([await readLeft(store), await readSpent(store)]).toEqual([[7, 2], 3]);
      const isShared = await spend(other, [child, top], 2, { shared: createShared(4) });
      expect(isShared).toEqual({ ...short, isShared: true });
      expect(await spend(other, [child, top], 3, { shared: createShared(99) })).toEqual(short);
      const isAbove = await spend(other, [null, top], 8, { shared: createShared(99) });
      expect(isAbove).toEqual({ ...short, isAbove: true });
      const tooMuch = await spend(other, [null, top], 5, { shared: createShared(4) });
      expect(tooMuch).toEqual({ ...short, isShared: true });
      expect([await readLeft(store), await readSpent(store)]).toEqual([[7, 2], 3]);
      expect(await spend(other, [null, top], 5, { shared: createShared(8) })).toEqual(paid);
      expect([await readLeft(store), await readSpent(store)]).toEqual([[2, 2], 8]);
    });

    it('refills each of them in its own rhythm, and says when all of them suffice', async ({ store }) => {
      const hourly = createBalance(0, { refillAmount: 4, refillIntervalSeconds: 3600 });
      await give(store, createDailyBalance(1), hourly);
      const refused = await spend(store, [child, top], 2);
      expect(refused).toEqual({ isPaid: false, refillsAt: sampleTime + dayMs });
      const above = await spend(store, [child, top], 2, { now: sampleTime + 3_600_000 });
      expect(above).toEqual({ isPaid: false, refillsAt: sampleTime + dayMs, isAbove: true });
      expect(await spend(store, [child, top], 2, { now: sampleTime + dayMs })).toEqual(paid);
      const balances = [await store.find(top), await store.find(child)].map((key) => key?.credits);
      expect(balances).toEqual([
        { ...createDailyBalance(8), refilledAt: sampleTime + dayMs },
        { ...hourly, remaining: 2, refilledAt: sampleTime + dayMs },
      ]);
      const never = await spend(store, [null, top], 11, { now: sampleTime + dayMs });
      expect(never).toEqual({ ...short, exceedsRefill: true, isAbove: true });
    });

    it('is refused while one of them has no credits, or is not there', async ({ store }) => {
      await give(store, createBalance(10), createBalance(10));
      await insert(store, createSampleKey({ id: 'keyfree000000001' }));
      for (const id of ['keyfree000000001', 'unknown', 'with\0nul']) {
        expect(await spend(store, [child, id, top], 1)).toEqual(short);
        expect(await spend(store, [child, top, id], 1, { shared: createShared(5) })).toEqual(short);
        expect(await spend(store, [id, top], 1)).toEqual(short);
      }
      expect([await readLeft(store), await readSpent(store)]).toEqual([[10, 10], undefined]);
    });

    it('is exact, and nothing waits in a circle, while keys above and below each other spend at once', async ({
      store,
      other,
    }) => {
      await give(store, createBalance(40), createBalance(15), createBalance(12), createBalance(9));
      const payers: readonly CreditPayer[] = [
        { keyId: top, above: [], shared: null },
        { keyId: child, above: [top], shared: null },
        { keyId: sibling, above: [top], shared: createShared(20) },
        { keyId: grandchild, above: [child, top], shared: null },
        // The same keys in another order, as another chain would name them.
        { keyId: null, above: [top, child], shared: createShared(20) },
        { keyId: null, above: [top], shared: createShared(20) },
        { keyId: null, above: [], shared: createShared(20) },
      ];
      const payments = await Promise.all(
        Array.from({ length: 210 }, (_, index) =>
          (index % 2 === 0 ? store : other).credits.spend(payers[index % payers.length]!, 1, sampleTime),
        ),
      );
      const countPaid = (isPayer: (payer: CreditPayer) => boolean): number =>
        payments.filter(({ isPaid }, index) => isPaid && isPayer(payers[index % payers.length]!)).length;
      const countOf = (id: string): number =>
        countPaid(({ keyId, above }) => keyId === id || above.includes(id));
      const left = await readLeft(other);
      expect(left).toEqual([40, 15, 12, 9].map((given, index) => given - countOf(ids[index]!)));
      expect(left.every((remaining) => (remaining ?? -1) >= 0)).toBe(true);
      expect(left[0]).toBe(0);
      expect(await readSpent(store)).toBe(countPaid(({ shared }) => shared !== null));
      expect(await readSpent(store)).toBe(20);
    });
  });
}
