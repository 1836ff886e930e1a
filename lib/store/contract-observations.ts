import { hourMs } from '../domain/key-usage.js';
import type { KeyStore } from '../ports/key-store.js';
import type { ObservationQuery } from '../ports/observation-log.js';
import type { ContractContext } from './contract-context.js';
import { createSampleKey, createSampleObserved, insert, sampleTime } from './sample-keys.js';

/** What guards in observe mode would have refused: sums, order, conditions and bounds. */
export function describeObservations({ describe, it, expect }: ContractContext): void {
  const listRoutes = async (store: KeyStore, query: Partial<ObservationQuery> = {}): Promise<string> =>
    (await store.observations.list({ limit: 100, ...query }))
      .map(({ route, count }) => `${route} ${count}`)
      .join(', ');

  describe('observations', () => {
    it('are added up over hours and processes, by method, route, code and key', async ({ store, other }) => {
      const first = createSampleObserved({ count: 2, firstAt: sampleTime + 5, lastAt: sampleTime + 7 });
      await store.observations.add([first, { ...first, firstAt: sampleTime + 3 }]);
      await store.observations.add([]);
      const later = {
        firstAt: sampleTime + hourMs,
        lastAt: sampleTime + hourMs + 1,
        hour: sampleTime + hourMs,
      };
      await Promise.all([
        store.observations.add([{ ...first, count: 10, lastAt: sampleTime + 9 }]),
        other.observations.add([
          { ...first, count: 100, firstAt: sampleTime + 1 },
          { ...first, ...later, count: 1000 },
          { ...first, method: 'POST', count: 5 },
          { ...first, keyId: null, ownerId: null, count: 4 },
          { ...first, code: 'key_expired', count: 3 },
        ]),
      ]);
      const { hour: _, ...group } = first;
      expect(await store.observations.list({ limit: 9 })).toEqual([
        { ...group, count: 1114, firstAt: sampleTime + 1, lastAt: sampleTime + hourMs + 1 },
        { ...group, method: 'POST', count: 5 },
        { ...group, keyId: null, ownerId: null, count: 4 },
        { ...group, code: 'key_expired', count: 3 },
      ]);
      expect((await store.observations.list({ limit: 2 })).length).toBe(2);
    });

    it('leave out what no database stores, and keep the rest', async ({ store }) => {
      const strange = `o'"\\😀\u202e`;
      await store.observations.add([
        createSampleObserved({ route: '/nul\0' }),
        createSampleObserved({ ownerId: '\ud800', keyId: 'b' }),
        createSampleObserved({ route: strange, ownerId: strange, keyId: strange }),
      ]);
      expect(await listRoutes(store)).toBe(`${strange} 1`);
      expect(await listRoutes(store, { ownerId: strange, keyId: strange })).toBe(`${strange} 1`);
      expect(await listRoutes(store, { ownerId: 'x\0' })).toBe('');
    });

    it('are listed by count, then by method, route, code and key in code unit order', async ({ store }) => {
      await store.observations.add([
        ...['/b', '/B', '/a'].map((route) => createSampleObserved({ route })),
        createSampleObserved({ method: 'DELETE', route: '/z' }),
        createSampleObserved({ route: '/c', count: 2 }),
      ]);
      expect(await listRoutes(store)).toBe('/c 2, /z 1, /B 1, /a 1, /b 1');
    });

    it('are narrowed by owner, key, code and time', async ({ store }) => {
      const one = createSampleObserved({ route: '/1', keyId: 'one', lastAt: sampleTime + 10 });
      const two = createSampleObserved({ route: '/2', ownerId: 'bob', code: 'invalid_token', count: 2 });
      await store.observations.add([one, two]);
      expect(await listRoutes(store, { ownerId: 'bob' })).toBe('/2 2');
      expect(await listRoutes(store, { ownerId: 'BOB' })).toBe('');
      expect(await listRoutes(store, { keyId: 'one' })).toBe('/1 1');
      expect(await listRoutes(store, { code: 'invalid_token' })).toBe('/2 2');
      expect(await listRoutes(store, { from: sampleTime + 1 })).toBe('/1 1');
      expect(await listRoutes(store, { to: sampleTime })).toBe('');
      expect(await listRoutes(store, { from: sampleTime, to: sampleTime + 1 })).toBe('/2 2, /1 1');
    });

    it('are pruned by age and by number, the oldest first, some at a time', async ({ store }) => {
      await store.observations.add(
        Array.from({ length: 10 }, (_, index) =>
          createSampleObserved({ route: `/${index}`, hour: sampleTime + index * hourMs }),
        ),
      );
      expect(await store.observations.prune(sampleTime, 10, 100)).toBe(0);
      expect(await store.observations.prune(sampleTime + 2 * hourMs, 10, 100)).toBe(2);
      expect(await store.observations.prune(sampleTime, 6, 1)).toBe(1);
      expect(await store.observations.prune(sampleTime, 6, 100)).toBe(1);
      expect(await listRoutes(store)).toBe('/4 1, /5 1, /6 1, /7 1, /8 1, /9 1');
      expect(await store.observations.prune(sampleTime, 0, 100)).toBe(6);
      expect(await listRoutes(store)).toBe('');
    });

    it('take batches of hundreds, and are no part of the audit trail', async ({ store }) => {
      await insert(store, createSampleKey());
      await store.observations.add(
        Array.from({ length: 300 }, (_, index) => createSampleObserved({ route: `/${index}` })),
      );
      expect((await store.observations.list({ limit: 1000 })).length).toBe(300);
      expect(await store.feed.lastSequence()).toBe(1);
    });
  });
}
