import type { ApiKeyRecord } from '../domain/api-key.js';
import { keyStates } from '../domain/key-state.js';
import type { KeyQuery, KeyStore } from '../ports/key-store.js';
import type { ContractContext } from './contract-context.js';
import { insert, sampleCredential, sampleKey, sampleTime } from './sample-keys.js';

/** Lists of keys: order, pages and conditions. */
export function describeKeyLists({ describe, it, expect }: ContractContext): void {
  const idsOf = async (store: KeyStore, query: Partial<KeyQuery> = {}): Promise<readonly string[]> =>
    (await store.list({ now: sampleTime, limit: 100, ...query })).map((record) => record.id);

  /** The ids of a list, sorted: for conditions that have nothing to do with order. */
  const setOf = async (store: KeyStore, query: Partial<KeyQuery>): Promise<readonly string[]> =>
    [...(await idsOf(store, query))].sort();

  describe('list', () => {
    it('is newest first, then by id descending in code unit order', async ({ store }) => {
      const ids = ['a', 'B', 'Z', 'z', '0', 'aa', 'a0', '_'];
      await insert(
        store,
        sampleKey({ id: 'old', createdAt: sampleTime - 1 }),
        ...ids.map((id) => sampleKey({ id })),
        sampleKey({ id: 'new', createdAt: sampleTime + 1 }),
      );
      expect(await idsOf(store)).toEqual(['new', 'z', 'aa', 'a0', 'a', '_', 'Z', 'B', '0', 'old']);
    });

    it('returns whole records', async ({ store }) => {
      const credentials = [
        sampleCredential({ id: 'b', digests: { one: '1', two: '2' } }),
        sampleCredential({ id: 'a', digests: { one: '3' } }),
      ];
      const records = ['3', '2', '1'].map((id) => sampleKey({ id, credentials }));
      await insert(store, ...records);
      expect(await store.list({ now: sampleTime, limit: 100 })).toEqual(records);
      expect(await store.list({ now: sampleTime, limit: 2 })).toEqual(records.slice(0, 2));
      expect(await store.list({ now: sampleTime, limit: 2, ownerId: 'nobody' })).toEqual([]);
    });

    it('goes on behind a key without gaps or repeats, whatever is added meanwhile', async ({ store }) => {
      const keys = Array.from({ length: 10 }, (_, index) =>
        // Two each at the same time.
        sampleKey({ id: `key${index}`, createdAt: sampleTime + Math.floor(index / 2) }),
      );
      await insert(store, ...keys);
      const seen: string[] = [];
      let after: KeyQuery['after'];
      for (let page = 0; page < 9; page += 1) {
        const records: readonly ApiKeyRecord[] = await store.list({ now: sampleTime, limit: 3, after });
        seen.push(...records.map((record) => record.id));
        const last = records.at(-1);
        if (last === undefined) break;
        after = { createdAt: last.createdAt, id: last.id };
        await insert(store, sampleKey({ id: `newer${page}`, createdAt: sampleTime + 100 + page }));
      }
      expect(seen).toEqual(keys.map((key) => key.id).reverse());
    });

    it('P18: says where the next so many keys end, and reads no further', async ({ store }) => {
      const keys = ['1', '2', '3', '4', '5'].map((id) =>
        sampleKey({ id, ownerId: id === '4' ? 'other' : 'owner-1', createdAt: sampleTime + Number(id) }),
      );
      await insert(store, ...keys);
      const at = (id: string) => ({ createdAt: sampleTime + Number(id), id });
      expect(await store.findScanEnd({}, 2)).toEqual(at('4'));
      expect(await store.findScanEnd({ after: at('4') }, 2)).toEqual(at('2'));
      expect(await store.findScanEnd({ ownerId: 'owner-1' }, 2)).toEqual(at('3'));
      expect(await store.findScanEnd({ ownerId: 'owner-1', after: at('3') }, 2)).toEqual(at('1'));
      expect(await store.findScanEnd({ ownerId: 'owner-1', after: at('3') }, 3)).toBe(null);
      expect(await idsOf(store, { until: at('4') })).toEqual(['5', '4']);
      expect(await idsOf(store, { until: at('2'), after: at('4'), ownerId: 'owner-1' })).toEqual(['3', '2']);
    });

    it('goes on within the conditions', async ({ store }) => {
      await insert(
        store,
        sampleKey({ id: '1' }),
        sampleKey({ id: '2', ownerId: 'other' }),
        sampleKey({ id: '3' }),
        sampleKey({ id: '4', ownerId: 'other' }),
        sampleKey({ id: '5' }),
      );
      const after = { createdAt: sampleTime, id: '4' };
      expect(await idsOf(store, { ownerId: 'owner-1', after })).toEqual(['3', '1']);
      expect(await idsOf(store, { ownerId: 'owner-1', after, limit: 1 })).toEqual(['3']);
    });

    it('narrows by owner and keyspace, exactly', async ({ store }) => {
      await insert(
        store,
        sampleKey({ id: 'a' }),
        sampleKey({ id: 'b', ownerId: 'Owner-1' }),
        sampleKey({ id: 'c', ownerId: 'owner-1 ' }),
        sampleKey({ id: 'd', keyspace: 'partners' }),
      );
      expect(await setOf(store, {})).toEqual(['a', 'b', 'c', 'd']);
      expect(await setOf(store, { ownerId: 'owner-1' })).toEqual(['a', 'd']);
      expect(await setOf(store, { keyspace: 'partners' })).toEqual(['d']);
      expect(await setOf(store, { ownerId: 'owner-1', keyspace: 'default' })).toEqual(['a']);
      expect(await setOf(store, { ownerId: 'owner-1\0' })).toEqual([]);
    });

    it('narrows by the number of a key', async ({ store }) => {
      await insert(
        store,
        sampleKey({ id: 'a', number: 1 }),
        sampleKey({ id: 'b', number: 2 }),
        sampleKey({ id: 'c', number: 2, ownerId: 'other' }),
        sampleKey({ id: 'd' }),
      );
      expect(await setOf(store, { number: 2 })).toEqual(['b', 'c']);
      expect(await setOf(store, { number: 2, ownerId: 'other' })).toEqual(['c']);
      expect(await setOf(store, { number: 3 })).toEqual([]);
    });

    it('narrows by the state at a moment', async ({ store }) => {
      const expiresAt = sampleTime + 1000;
      await insert(
        store,
        sampleKey({ id: 'plain' }),
        sampleKey({ id: 'ending', expiresAt }),
        sampleKey({ id: 'disabled', enabled: false }),
        sampleKey({ id: 'disabledEnding', enabled: false, expiresAt }),
        sampleKey({ id: 'revoked', revokedAt: sampleTime }),
        sampleKey({ id: 'revokedLater', revokedAt: sampleTime + 9999 }),
        sampleKey({ id: 'revokedDisabled', revokedAt: sampleTime, enabled: false, expiresAt }),
      );
      const statesAt = async (now: number): Promise<Readonly<Record<string, readonly string[]>>> =>
        Object.fromEntries(
          await Promise.all(
            keyStates.map(async (state) => [state, await setOf(store, { state, now })] as const),
          ),
        );
      const always = {
        disabled: ['disabled', 'disabledEnding'],
        revoked: ['revoked', 'revokedDisabled', 'revokedLater'],
      };
      // Valid while now < expiresAt.
      expect(await statesAt(expiresAt - 1)).toEqual({ ...always, active: ['ending', 'plain'], expired: [] });
      expect(await statesAt(expiresAt)).toEqual({ ...always, active: ['plain'], expired: ['ending'] });
    });

    it('narrows by a granted scope, exactly', async ({ store }) => {
      const scopes: Readonly<Record<string, readonly string[]>> = {
        read: ['orders:read'],
        more: ['invoices:read', 'orders:read'],
        longer: ['orders:read2', 'my-orders:read'],
        upper: ['ORDERS:READ'],
        wildcard: ['orders:*'],
        all: ['*'],
        likeAny: ['orders_read', '%'],
        quoted: ['a"x', 'back\\slash'],
        none: [],
      };
      await insert(store, ...Object.entries(scopes).map(([id, list]) => sampleKey({ id, scopes: list })));
      expect(await setOf(store, { scope: 'orders:read' })).toEqual(['more', 'read']);
      expect(await setOf(store, { scope: 'orders:*' })).toEqual(['wildcard']);
      expect(await setOf(store, { scope: '*' })).toEqual(['all']);
      expect(await setOf(store, { scope: '%' })).toEqual(['likeAny']);
      expect(await setOf(store, { scope: 'orders_read' })).toEqual(['likeAny']);
      expect(await setOf(store, { scope: 'a"x' })).toEqual(['quoted']);
      expect(await setOf(store, { scope: 'back\\slash' })).toEqual(['quoted']);
      for (const scope of ['x', 'orders', 'orders:', 'orders:read" or "', '[', '']) {
        expect(await setOf(store, { scope })).toEqual([]);
      }
    });

    it('narrows by a part of the name, taken literally', async ({ store }) => {
      const names: Readonly<Record<string, string>> = {
        plain: 'Nightly Import',
        percent: '100% done',
        underscore: 'snake_case',
        backslash: 'C:\\temp',
        bang: 'stop!now',
        quote: `it's "quoted"`,
        umlaut: 'ÄRGER in 日本',
        emoji: 'rocket 🚀 launch',
      };
      await insert(store, ...Object.entries(names).map(([id, name]) => sampleKey({ id, name })));
      const expected: Readonly<Record<string, readonly string[]>> = {
        night: ['plain'],
        'NIGHTLY IMP': ['plain'],
        '%': ['percent'],
        '0% d': ['percent'],
        _: ['underscore'],
        snake_CASE: ['underscore'],
        'snake-case': [],
        '\\': ['backslash'],
        ':\\T': ['backslash'],
        '!': ['bang'],
        '!now': ['bang'],
        "'s": ['quote'],
        '"': ['quote'],
        ÄRG: ['umlaut'],
        Ärger: ['umlaut'],
        // Upper and lower case are alike for ASCII alone.
        ärg: [],
        日本: ['umlaut'],
        '🚀': ['emoji'],
        'ROCKET 🚀 L': ['emoji'],
        '🛸': [],
        'plain\0': [],
        '\0': [],
      };
      const found: Record<string, readonly string[]> = {};
      for (const q of Object.keys(expected)) found[q] = await setOf(store, { q });
      expect(found).toEqual(expected);
      expect((await setOf(store, { q: '' })).length).toBe(Object.keys(names).length);
    });

    it('combines all conditions', async ({ store }) => {
      const wanted = sampleKey({ id: 'wanted', keyspace: 'partners', name: 'Import' });
      await insert(
        store,
        wanted,
        { ...wanted, id: 'owner', ownerId: 'owner-2' },
        { ...wanted, id: 'keyspace', keyspace: 'default' },
        { ...wanted, id: 'state', enabled: false },
        { ...wanted, id: 'scope', scopes: [] },
        { ...wanted, id: 'name', name: 'Export' },
      );
      const { ownerId, keyspace } = wanted;
      expect(
        await idsOf(store, { ownerId, keyspace, state: 'active', scope: 'orders:read', q: 'imp' }),
      ).toEqual(['wanted']);
    });
  });
}
