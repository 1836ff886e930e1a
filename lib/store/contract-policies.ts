import type { IdempotencyClaim } from '../ports/idempotency-claims.js';
import type { ContractContext } from './contract-context.js';
import {
  insert,
  createNextVersion,
  createSampleEvent,
  createSampleKey,
  sampleTime,
  createSampleUse,
  update,
} from './sample-keys.js';

const claim: IdempotencyClaim = { name: 'a', payloadHash: 'one', keyId: 'key-1', createdAt: sampleTime };

/** What policies, repeated changes and notices need of a store. */
export function describePolicies({ describe, it, expect }: ContractContext): void {
  describe('countByOwner', () => {
    it('counts the unrevoked keys of one owner in one keyspace, and knows the last number', async ({
      store,
    }) => {
      await insert(
        store,
        createSampleKey({ id: 'a', number: 1 }),
        createSampleKey({ id: 'b', number: 7, revokedAt: 1 }),
        createSampleKey({ id: 'c', number: 2, expiresAt: 1, enabled: false }),
        createSampleKey({ id: 'd', number: 40, keyspace: 'other' }),
        createSampleKey({ id: 'e', number: 50, ownerId: 'owner-2' }),
      );
      await store.transact(async (transaction) => {
        expect(await transaction.countByOwner('owner-1', 'default')).toEqual({ unrevoked: 2, lastNumber: 7 });
        expect(await transaction.countByOwner('owner-3', 'default')).toEqual({ unrevoked: 0, lastNumber: 0 });
        const record = createSampleKey({ id: 'f' });
        await transaction.insert(record, createSampleEvent(record));
        expect(await transaction.countByOwner('owner-1', 'default')).toEqual({ unrevoked: 3, lastNumber: 7 });
        const found = await transaction.findUnrevokedByOwner('owner-1', 9, 'default');
        expect(found.map(({ id }) => id).sort()).toEqual(['a', 'c', 'f']);
      });
    });

    it('sees every key that was committed before, so that a maximum holds', async ({ store, other }) => {
      const create = (id: string, on: typeof store): Promise<void> =>
        on.transact(async (transaction) => {
          const { unrevoked } = await transaction.countByOwner('owner-1', 'default');
          if (unrevoked >= 3) throw new Error('enough');
          const record = createSampleKey({ id });
          await transaction.insert(record, createSampleEvent(record));
        });
      const creations = Array.from({ length: 12 }, (_, index) =>
        create(`key${index}`, index % 2 === 0 ? store : other),
      );
      const results = await Promise.allSettled(creations);
      expect(results.filter(({ status }) => status === 'fulfilled').length).toBe(3);
    });
  });

  describe('claim', () => {
    it('gives a name once, and shows whose it is', async ({ store, other }) => {
      expect(await store.claims.find('a')).toBe(null);
      expect(await store.transact((transaction) => transaction.claim(claim, 0))).toBe(null);
      expect(await other.claims.find('a')).toEqual(claim);
      const second = { ...claim, payloadHash: 'two', keyId: 'key-2' };
      expect(await other.transact((transaction) => transaction.claim(second, 0))).toEqual(claim);
      expect(await store.claims.find('a')).toEqual(claim);
      expect(await store.claims.find('b')).toBe(null);
    });

    it('belongs to the change: without it there is no claim', async ({ store }) => {
      const failing = store.transact(async (transaction) => {
        expect(await transaction.claim(claim, 0)).toBe(null);
        throw new Error('no');
      });
      await expect(failing).rejects.toThrow();
      expect(await store.claims.find('a')).toBe(null);
    });

    it('forgets what was claimed too long ago', async ({ store }) => {
      await store.transact((transaction) => transaction.claim(claim, 0));
      const later = { ...claim, keyId: 'key-2', createdAt: sampleTime + 10 };
      expect(await store.transact((transaction) => transaction.claim(later, sampleTime))).toEqual(claim);
      expect(await store.transact((transaction) => transaction.claim(later, sampleTime + 1))).toBe(null);
      expect(await store.claims.find('a')).toEqual(later);
    });
  });

  describe('noteExpiry', () => {
    it('writes a notice down once, with an event that changes no key', async ({ store, other }) => {
      const record = createSampleKey({ expiresAt: sampleTime + 1000 });
      await insert(store, record);
      const notice = { keyId: record.id, expiresAt: sampleTime + 1000, thresholdSeconds: 60 };
      const event = { ...createSampleEvent(record), action: 'key.expiring' as const };
      const note = (on: typeof store, changes: object = {}): Promise<boolean> =>
        on.transact((transaction) => transaction.noteExpiry({ ...notice, ...changes }, event));
      expect(await note(store)).toBe(true);
      expect(await note(other)).toBe(false);
      expect(await note(store, { thresholdSeconds: 30 })).toBe(true);
      expect(await note(store, { expiresAt: sampleTime + 2000 })).toBe(true);
      const events = await store.listEvents({ limit: 9 });
      expect(events.map(({ action }) => action)).toEqual([
        'key.expiring',
        'key.expiring',
        'key.expiring',
        'key.created',
      ]);
      expect(await store.find(record.id)).toEqual(record);
      expect(
        (await store.feed.latest(9)).map((change) => change.keyId !== null && change.keyVersion),
      ).toEqual([1, 1, 1, 1]);
    });
  });

  describe('list', () => {
    const list = async (
      store: Parameters<typeof insert>[0],
      conditions: Partial<Parameters<typeof store.list>[0]>,
    ): Promise<string> => {
      const found = await store.list({ now: sampleTime, limit: 9, ...conditions });
      return found
        .map(({ id }) => id)
        .sort()
        .join('');
    };

    it('filters by tag', async ({ store }) => {
      await insert(
        store,
        createSampleKey({ id: 'a', tags: ['ci', 'shop'] }),
        createSampleKey({ id: 'b', tags: ['shop 2'] }),
        createSampleKey({ id: 'c' }),
      );
      expect(await list(store, { tag: 'shop' })).toBe('a');
      expect(await list(store, { tag: 'Shop' })).toBe('');
      expect(await list(store, { tag: '%' })).toBe('');
      expect(await list(store, { tag: 'shop\0' })).toBe('');
    });

    it('filters by end, both ends excluded', async ({ store }) => {
      await insert(
        store,
        createSampleKey({ id: 'a', expiresAt: 10 }),
        createSampleKey({ id: 'b', expiresAt: 20 }),
        createSampleKey({ id: 'c' }),
      );
      expect(await list(store, { expiresBefore: 20 })).toBe('a');
      expect(await list(store, { expiresBefore: 21 })).toBe('ab');
      expect(await list(store, { expiresAfter: 10 })).toBe('b');
      expect(await list(store, { expiresAfter: 9, expiresBefore: 21 })).toBe('ab');
    });

    it('filters by last use, or by creation where there was none', async ({ store }) => {
      await insert(
        store,
        createSampleKey({ id: 'a', createdAt: sampleTime - 100 }),
        createSampleKey({ id: 'b', createdAt: sampleTime - 100 }),
        createSampleKey({ id: 'c', createdAt: sampleTime }),
      );
      await store.recordUse([createSampleUse({ keyId: 'b', at: sampleTime + 50, count: 1 })]);
      expect(await list(store, { unusedSince: sampleTime - 100 })).toBe('');
      expect(await list(store, { unusedSince: sampleTime })).toBe('a');
      expect(await list(store, { unusedSince: sampleTime + 50 })).toBe('ac');
      expect(await list(store, { unusedSince: sampleTime + 51 })).toBe('abc');
    });

    it('leaves out keys of whose end a notice was written down', async ({ store }) => {
      const record = createSampleKey({ id: 'a', expiresAt: sampleTime + 1000 });
      await insert(store, record, createSampleKey({ id: 'b', expiresAt: sampleTime + 1000 }));
      const notice = { keyId: 'a', expiresAt: sampleTime + 1000, thresholdSeconds: 60 };
      await store.transact((transaction) => transaction.noteExpiry(notice, createSampleEvent(record)));
      expect(await list(store, { withoutExpiryNotice: 60 })).toBe('b');
      expect(await list(store, { withoutExpiryNotice: 61 })).toBe('ab');
      // With another expiration, the key is due for a notice again.
      await update(store, createNextVersion(record, { expiresAt: sampleTime + 2000 }));
      expect(await list(store, { withoutExpiryNotice: 60 })).toBe('ab');
    });
  });
}
