import { dayMs } from '../domain/day-ms.js';
import { maxRoutesPerDay, type DailyRouteCount } from '../domain/route-usage.js';
import type { KeyStore } from '../ports/key-store.js';
import type { ContractContext } from './contract-context.js';
import { createSampleKey, createSampleUse, insert, sampleTime } from './sample-keys.js';

const record = createSampleKey();
const day = Math.floor(sampleTime / dayMs) * dayMs;
const everything = { keyId: record.id, from: 0, to: Number.MAX_SAFE_INTEGER };

/** Creates a count that can be stored. */
function createCount(overrides: Partial<DailyRouteCount> = {}): DailyRouteCount {
  return { keyId: record.id, day, route: '/orders/:id', status: '2xx', count: 1, ...overrides };
}

async function list(store: KeyStore, query: Partial<typeof everything> = {}): Promise<readonly string[]> {
  const counts = await store.usage.listRoutes({ ...everything, ...query });
  return counts.map(({ route, status, count }) => `${route} ${status} ${count}`);
}

/** How often keys were used, by route and class of status. */
export function describeRouteUsage({ describe, it, expect }: ContractContext): void {
  describe('usage by route', () => {
    it('adds up counts of the same key, day, route and status', async ({ store, other }) => {
      await insert(store, record, createSampleKey({ id: 'another' }));
      await store.usage.addRoutes([
        createCount({ count: 2 }),
        createCount({ status: '5xx', count: 3 }),
        createCount({ route: '/a', status: 'aborted' }),
        createCount({ count: 4 }),
        createCount({ keyId: 'another', count: 5 }),
        createCount({ keyId: 'unknown', count: 6 }),
        createCount({ route: 'nul\0' }),
        createCount({ route: '\uD800' }),
      ]);
      await other.usage.addRoutes([
        createCount({ count: 7 }),
        createCount({ route: '/\'Ü"', status: '3xx' }),
      ]);
      await store.usage.addRoutes([]);
      expect(await list(store)).toEqual([
        '/\'Ü" 3xx 1',
        '/a aborted 1',
        '/orders/:id 2xx 13',
        '/orders/:id 5xx 3',
      ]);
      expect(await list(store, { keyId: 'another' })).toEqual(['/orders/:id 2xx 5']);
      expect(await list(store, { keyId: 'unknown' })).toEqual([]);
      expect(await list(store, { keyId: 'nul\0' })).toEqual([]);
    });

    it('lists the sums of the days from one to before another', async ({ store }) => {
      await insert(store, record);
      await store.usage.addRoutes(
        [0, 1, 2, 3].map((days) => createCount({ day: day + days * dayMs, count: 10 ** days })),
      );
      expect(await list(store, { from: day + dayMs, to: day + 3 * dayMs })).toEqual(['/orders/:id 2xx 110']);
      expect(await list(store, { from: day + 1, to: day + dayMs })).toEqual([]);
    });

    it('stores a bounded number of routes of one key and one day, and counts the others together', async ({
      store,
      other,
    }) => {
      await insert(store, record, createSampleKey({ id: 'another' }));
      const routes = Array.from({ length: maxRoutesPerDay + 50 }, (_, index) => `/${1000 + index}`);
      await store.usage.addRoutes(routes.slice(0, 60).map((route) => createCount({ route })));
      await other.usage.addRoutes(
        routes.flatMap((route) => [createCount({ route }), createCount({ route, status: '4xx' })]),
      );
      await store.usage.addRoutes([
        ...['/new', '/1000'].map((route) => createCount({ route })),
        createCount({ route: 'other', status: '3xx' }),
        createCount({ route: '/new', day: day + dayMs }),
        createCount({ route: '/new', keyId: 'another' }),
      ]);
      const stored = await list(store, { to: day + dayMs });
      expect(stored.slice(0, 2)).toEqual(['/1000 2xx 3', '/1000 4xx 1']);
      expect(stored.slice(-4)).toEqual(['/1099 4xx 1', 'other 2xx 51', 'other 3xx 1', 'other 4xx 50']);
      expect(stored.length).toBe(2 * maxRoutesPerDay + 3);
      expect(await list(store, { from: day + dayMs })).toEqual(['/new 2xx 1']);
      expect(await list(store, { keyId: 'another' })).toEqual(['/new 2xx 1']);
    });

    it('keeps to the bound, and loses nothing, when two processes write at once', async ({
      store,
      other,
    }) => {
      await insert(store, record);
      const addFrom = (by: KeyStore, prefix: string): Promise<void> =>
        by.usage.addRoutes(
          Array.from({ length: 80 }, (_, index) => createCount({ route: `/${prefix}${index}` })),
        );
      await Promise.all([addFrom(store, 'a'), addFrom(other, 'b'), addFrom(store, 'c'), addFrom(other, 'a')]);
      const counts = await store.usage.listRoutes(everything);
      expect(counts.length).toBe(maxRoutesPerDay + 1);
      expect(counts.reduce((sum, { count }) => sum + count, 0)).toBe(320);
    });

    it('is forgotten some at a time, after the counts of hours', async ({ store }) => {
      await insert(store, record);
      await store.recordUse([createSampleUse()]);
      const days = [0, 1, 2, 3].map((index) => day + index * dayMs);
      await store.usage.addRoutes(days.map((each) => createCount({ day: each })));
      const before = day + 3 * dayMs;
      expect(await store.usage.forgetBefore(before, 3)).toBe(3);
      expect(await store.usage.forgetBefore(before, 3)).toBe(1);
      expect(await store.usage.forgetBefore(before, 3)).toBe(0);
      expect(await list(store)).toEqual(['/orders/:id 2xx 1']);
    });

    it('is erased and removed with its keys, some at a time', async ({ store, other }) => {
      const ids = ['a', 'b', 'c'];
      await insert(store, ...ids.map((id) => createSampleKey({ id })));
      await store.usage.addRoutes(
        ids.flatMap((keyId) => ['/x', '/y'].map((route) => createCount({ keyId, route }))),
      );
      await store.recordUse([createSampleUse({ keyId: 'b' })]);
      expect(await other.erasure.eraseRoutes([], 9)).toBe(0);
      expect(await other.erasure.eraseRoutes(['a', 'unknown'], 1)).toBe(1);
      expect(await other.erasure.eraseRoutes(['a'], 9)).toBe(1);
      expect(await list(store, { keyId: 'a' })).toEqual([]);
      expect(await other.housekeeping.removeUsage(['b'], 2)).toBe(2);
      expect(await other.housekeeping.removeUsage(['b'], 2)).toBe(1);
      expect(await list(store, { keyId: 'b' })).toEqual([]);
      expect(await list(store, { keyId: 'c' })).toEqual(['/x 2xx 1', '/y 2xx 1']);
    });
  });
}
