import type { ApiKeyRecord } from '../domain/api-key.js';
import { keyStates } from '../domain/key-state.js';
import type { KeyQuery, KeyStore } from '../ports/key-store.js';
import type { ContractContext } from './contract-context.js';
import { insert, createSampleCredential, createSampleKey, sampleTime } from './sample-keys.js';

/** Lists of keys: order, pages and conditions. */
export function describeKeyLists({ describe, it, expect }: ContractContext): void {
  const listIds = async (store: KeyStore, query: Partial<KeyQuery> = {}): Promise<readonly string[]> =>
    (await store.list({ now: sampleTime, limit: 100, ...query })).map((record) => record.id);

  /** The ids of a list, sorted: for conditions that have nothing to do with order. */
  const listSortedIds = async (store: KeyStore, query: Partial<KeyQuery>): Promise<readonly string[]> =>
    [...(await listIds(store, query))].sort();

  describe('list', () => {
    it('is newest first, then by id descending in code unit order', async ({ store }) => {
      const ids = ['a', 'B', 'Z', 'z', '0', 'aa', 'a0', '_'];
      await insert(
        store,
        createSampleKey({ id: 'old', createdAt: sampleTime - 1 }),
        ...ids.map((id) => createSampleKey({ id })),
        createSampleKey({ id: 'new', createdAt: sampleTime + 1 }),
      );
      expect(await listIds(store)).toEqual(['new', 'z', 'aa', 'a0', 'a', '_', 'Z', 'B', '0', 'old']);
    });

    it('returns whole records', async ({ store }) => {
      const credentials = [
        createSampleCredential({ id: 'b', digests: { one: '1', two: '2' } }),
        createSampleCredential({ id: 'a', digests: { one: '3' } }),
      ];
      const records = ['3', '2', '1'].map((id) => createSampleKey({ id, credentials }));
      await insert(store, ...records);
      expect(await store.list({ now: sampleTime, limit: 100 })).toEqual(records);
      expect(await store.list({ now: sampleTime, limit: 2 })).toEqual(records.slice(0, 2));
      expect(await store.list({ now: sampleTime, limit: 2, ownerId: 'nobody' })).toEqual([]);
    });

    it('goes on behind a key without gaps or repeats, whatever is added meanwhile', async ({ store }) => {
      const keys = Array.from({ length: 10 }, (_, index) =>
        // Two each at the same time.
        createSampleKey({ id: `key${index}`, createdAt: sampleTime + Math.floor(index / 2) }),
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
        await insert(store, createSampleKey({ id: `newer${page}`, createdAt: sampleTime + 100 + page }));
      }
      expect(seen).toEqual(keys.map((key) => key.id).reverse());
    });

    it('P18: says where the next so many keys end, and reads no further', async ({ store }) => {
      const keys = ['1', '2', '3', '4', '5'].map((id) =>
        createSampleKey({
          id,
          ownerId: id === '4' ? 'other' : 'owner-1',
          createdAt: sampleTime + Number(id),
        }),
      );
      await insert(store, ...keys);
      const createPosition = (id: string) => ({ createdAt: sampleTime + Number(id), id });
      expect(await store.findScanEnd({}, 2)).toEqual(createPosition('4'));
      expect(await store.findScanEnd({ after: createPosition('4') }, 2)).toEqual(createPosition('2'));
      expect(await store.findScanEnd({ ownerId: 'owner-1' }, 2)).toEqual(createPosition('3'));
      expect(await store.findScanEnd({ ownerId: 'owner-1', after: createPosition('3') }, 2)).toEqual(
        createPosition('1'),
      );
      expect(await store.findScanEnd({ ownerId: 'owner-1', after: createPosition('3') }, 3)).toBe(null);
      expect(await listIds(store, { until: createPosition('4') })).toEqual(['5', '4']);
      expect(
        await listIds(store, { until: createPosition('2'), after: createPosition('4'), ownerId: 'owner-1' }),
      ).toEqual(['3', '2']);
    });

    it('goes on within the conditions', async ({ store }) => {
      await insert(
        store,
        createSampleKey({ id: '1' }),
        createSampleKey({ id: '2', ownerId: 'other' }),
        createSampleKey({ id: '3' }),
        createSampleKey({ id: '4', ownerId: 'other' }),
        createSampleKey({ id: '5' }),
      );
      const after = { createdAt: sampleTime, id: '4' };
      expect(await listIds(store, { ownerId: 'owner-1', after })).toEqual(['3', '1']);
      expect(await listIds(store, { ownerId: 'owner-1', after, limit: 1 })).toEqual(['3']);
    });

    it('narrows by owner and keyspace, exactly', async ({ store }) => {
      await insert(
        store,
        createSampleKey({ id: 'a' }),
        createSampleKey({ id: 'b', ownerId: 'Owner-1' }),
        createSampleKey({ id: 'c', ownerId: 'owner-1 ' }),
        createSampleKey({ id: 'd', keyspace: 'partners' }),
      );
      expect(await listSortedIds(store, {})).toEqual(['a', 'b', 'c', 'd']);
      expect(await listSortedIds(store, { ownerId: 'owner-1' })).toEqual(['a', 'd']);
      expect(await listSortedIds(store, { keyspace: 'partners' })).toEqual(['d']);
      expect(await listSortedIds(store, { ownerId: 'owner-1', keyspace: 'default' })).toEqual(['a']);
      expect(await listSortedIds(store, { ownerId: 'owner-1\0' })).toEqual([]);
    });

    it('narrows by the number of a key', async ({ store }) => {
      await insert(
        store,
        createSampleKey({ id: 'a', number: 1 }),
        createSampleKey({ id: 'b', number: 2 }),
        createSampleKey({ id: 'c', number: 2, ownerId: 'other' }),
        createSampleKey({ id: 'd' }),
      );
      expect(await listSortedIds(store, { number: 2 })).toEqual(['b', 'c']);
      expect(await listSortedIds(store, { number: 2, ownerId: 'other' })).toEqual(['c']);
      expect(await listSortedIds(store, { number: 3 })).toEqual([]);
    });

    it('narrows by the member who created a key', async ({ store }) => {
      const author = { kind: 'owner', id: 'owner-1' } as const;
      const created = {
        a: { ...author, memberId: "o'm", memberName: 'Olga' },
        b: { ...author, memberId: 'O' },
        c: author,
        d: { kind: 'application', id: null },
        e: { kind: 'admin', id: "o'm" },
        f: null,
      } as const;
      const records = Object.entries(created).map(([id, createdBy]) => createSampleKey({ id, createdBy }));
      await insert(store, ...records);
      expect(await listSortedIds(store, { createdByMember: "o'm" })).toEqual(['a']);
      expect(await listSortedIds(store, { createdByMember: 'o' })).toEqual([]);
      expect(await listSortedIds(store, { createdByMember: 'Olga' })).toEqual([]);
      expect(await listSortedIds(store, { createdByMember: 'O\0' })).toEqual([]);
      for (const record of records) expect(await store.find(record.id)).toEqual(record);
    });

    it('narrows by the state at a moment', async ({ store }) => {
      const expiresAt = sampleTime + 1000;
      await insert(
        store,
        createSampleKey({ id: 'plain' }),
        createSampleKey({ id: 'ending', expiresAt }),
        createSampleKey({ id: 'disabled', enabled: false }),
        createSampleKey({ id: 'disabledEnding', enabled: false, expiresAt }),
        createSampleKey({ id: 'revoked', revokedAt: sampleTime }),
        createSampleKey({ id: 'revokedLater', revokedAt: sampleTime + 9999 }),
        createSampleKey({ id: 'revokedDisabled', revokedAt: sampleTime, enabled: false, expiresAt }),
      );
      const listByState = async (now: number): Promise<Readonly<Record<string, readonly string[]>>> =>
        Object.fromEntries(
          await Promise.all(
            keyStates.map(async (state) => [state, await listSortedIds(store, { state, now })] as const),
          ),
        );
      const always = {
        disabled: ['disabled', 'disabledEnding'],
        revoked: ['revoked', 'revokedDisabled', 'revokedLater'],
      };
      // Valid while now < expiresAt.
      expect(await listByState(expiresAt - 1)).toEqual({
        ...always,
        active: ['ending', 'plain'],
        expired: [],
      });
      expect(await listByState(expiresAt)).toEqual({ ...always, active: ['plain'], expired: ['ending'] });
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
      await insert(
        store,
        ...Object.entries(scopes).map(([id, list]) => createSampleKey({ id, scopes: list })),
      );
      expect(await listSortedIds(store, { scope: 'orders:read' })).toEqual(['more', 'read']);
      expect(await listSortedIds(store, { scope: 'orders:*' })).toEqual(['wildcard']);
      expect(await listSortedIds(store, { scope: '*' })).toEqual(['all']);
      expect(await listSortedIds(store, { scope: '%' })).toEqual(['likeAny']);
      expect(await listSortedIds(store, { scope: 'orders_read' })).toEqual(['likeAny']);
      expect(await listSortedIds(store, { scope: 'a"x' })).toEqual(['quoted']);
      expect(await listSortedIds(store, { scope: 'back\\slash' })).toEqual(['quoted']);
      for (const scope of ['x', 'orders', 'orders:', 'orders:read" or "', '[', '']) {
        expect(await listSortedIds(store, { scope })).toEqual([]);
      }
    });

    it('narrows by a resource that a key is bound to, exactly', async ({ store }) => {
      await insert(
        store,
        createSampleKey({ id: 'one', resources: { project: ['p1'] } }),
        createSampleKey({ id: 'more', resources: { project: ['p2', 'p1'], region: ['eu'] } }),
        createSampleKey({ id: 'longer', resources: { project: ['p11', 'P1', 'a"p1'] } }),
        createSampleKey({ id: 'other', resources: { region: ['p1'] } }),
        createSampleKey({ id: 'odd', resources: { project: ['%', "it's:p1", '日本'] } }),
        createSampleKey({ id: 'all' }),
      );
      const listBound = (kind: string, id: string): Promise<readonly string[]> =>
        listSortedIds(store, { resource: { kind, id } });
      expect(await listBound('project', 'p1')).toEqual(['more', 'one']);
      expect(await listBound('project', 'p2')).toEqual(['more']);
      expect(await listBound('region', 'p1')).toEqual(['other']);
      expect(await listBound('tenant', 'p1')).toEqual([]);
      expect(await listBound('project', '%')).toEqual(['odd']);
      expect(await listBound('project', "it's:p1")).toEqual(['odd']);
      expect(await listBound('project', '日本')).toEqual(['odd']);
      expect(await listBound('project', 'a"p1')).toEqual(['longer']);
      for (const id of ['', 'p', 'p1\0', '["p1"]', '*']) expect(await listBound('project', id)).toEqual([]);
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
      await insert(store, ...Object.entries(names).map(([id, name]) => createSampleKey({ id, name })));
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
      for (const q of Object.keys(expected)) found[q] = await listSortedIds(store, { q });
      expect(found).toEqual(expected);
      expect((await listSortedIds(store, { q: '' })).length).toBe(Object.keys(names).length);
    });

    it('combines all conditions', async ({ store }) => {
      const wanted = createSampleKey({ id: 'wanted', keyspace: 'partners', name: 'Import' });
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
        await listIds(store, { ownerId, keyspace, state: 'active', scope: 'orders:read', q: 'imp' }),
      ).toEqual(['wanted']);
    });
  });
}
