import type { ApiKeyRecord } from '../domain/api-key.js';
import type { ContractContext } from './contract-context.js';
import {
  insert,
  createNextVersion,
  createSampleCredential,
  createSampleKey,
  createSamplePublicKey,
  sampleTime,
  createSampleUse,
  update,
} from './sample-keys.js';

const hostileTexts: readonly string[] = [
  `Robert'); DROP TABLE keys; --`,
  `"double" 'single' \`back\` \\ backslash \\' %_ $1 ? :name @p`,
  'Grüße, 日本語, עברית, 😀 and 👩‍👩‍👧 (four bytes each)',
  ' spaces around ',
  '{"json": [null, true]}',
  'null',
  '0',
];

const fullKey: ApiKeyRecord = createSampleKey({
  description: 'Two lines\nof text',
  scopes: ['orders:*', 'invoices:read', '*'],
  environment: 'test',
  enabled: false,
  revokedAt: sampleTime + 5,
  expiresAt: sampleTime + 86_400_000,
  ipAllowlist: ['10.0.0.0/8', '2001:db8::1'],
  resources: { project: ['p1', 'ä "quoted" \\ 日本 😀'], region: ['eu'] },
  metadata: {
    text: 'a',
    number: 1.5,
    large: 9_007_199_254_740_991,
    yes: true,
    no: false,
    none: null,
    list: [1, ['two', { three: 3 }]],
    empty: {},
  },
  updatedAt: sampleTime + 7,
  lastUsedAt: sampleTime + 6,
  useCount: 5_000_000_000,
  credentials: [
    // Made at the same moment: only their order in the list says which one is newer.
    createSampleCredential({ id: 'zzz', digests: { one: 'a'.repeat(64), two: 'b'.repeat(64) } }),
    createSampleCredential({ id: 'aaa', digests: {}, endsAt: sampleTime + 60_000 }),
    createSampleCredential({
      id: 'mmm',
      createdAt: sampleTime - 1,
      endedAt: sampleTime,
      endsAt: sampleTime + 1,
    }),
    createSampleCredential({ id: 'sss', sealedSecret: `0123456789abcdef.${'x'.repeat(99)}` }),
    createSamplePublicKey({ id: 'ppp', endsAt: sampleTime + 60_000 }),
    createSamplePublicKey({ id: 'rrr', algorithm: 'rsa', spki: 'M'.repeat(1400) }),
  ],
});

/** What is stored comes back exactly. */
export function describeRoundTrips({ describe, it, expect }: ContractContext): void {
  describe('find', () => {
    it('returns a key exactly as it was stored', async ({ store, other }) => {
      await insert(store, fullKey);
      expect(await store.find(fullKey.id)).toEqual(fullKey);
      expect(await other.find(fullKey.id)).toEqual(fullKey);
    });

    it('returns a key exactly as it was updated', async ({ store }) => {
      const first = createSampleKey({ credentials: [] });
      await insert(store, first);
      expect(await store.find(first.id)).toEqual(first);
      const second = { ...fullKey, id: first.id, version: 2, lastUsedAt: null, useCount: 0 };
      await update(store, second);
      expect(await store.find(first.id)).toEqual(second);
      const third = { ...first, version: 3 };
      await update(store, third);
      expect(await store.find(first.id)).toEqual(third);
    });

    it('tells null from empty', async ({ store }) => {
      const empty = createSampleKey({ description: '', scopes: [], metadata: {} });
      await insert(store, empty);
      expect(await store.find(empty.id)).toEqual(empty);
    });

    it('stores any text as it is', async ({ store }) => {
      for (const [index, text] of hostileTexts.entries()) {
        const record = createSampleKey({
          id: `hostile${index}`,
          ownerId: text,
          name: text,
          description: text,
          scopes: [text],
          metadata: { [text]: text },
        });
        await insert(store, record);
        expect(await store.find(record.id)).toEqual(record);
        expect(await store.list({ ownerId: text, q: text, scope: text, now: sampleTime, limit: 9 })).toEqual([
          record,
        ]);
        const [event] = await store.listEvents({ ownerId: text, limit: 9 });
        expect(event?.ownerId).toBe(text);
      }
    });

    it('knows times beyond 32 bits', async ({ store }) => {
      const record = createSampleKey({ expiresAt: Date.UTC(9999, 11, 31, 23, 59, 59, 999) });
      await insert(store, record);
      expect(await store.find(record.id)).toEqual(record);
    });

    it('returns null for an id that is not stored, whatever it looks like', async ({ store }) => {
      const record = createSampleKey();
      await insert(store, record);
      const { id } = record;
      const others = [
        '',
        'unknown',
        id.toUpperCase(),
        id.slice(1),
        `${id} `,
        `${id}\0`,
        `${id}\0x`,
        '%',
        '\ud800',
      ];
      for (const unknown of [...others, ...hostileTexts]) expect(await store.find(unknown)).toBe(null);
    });

    it('hands out copies', async ({ store }) => {
      const record = createSampleKey({ metadata: { list: [1] } });
      await insert(store, record);
      const found = (await store.find(record.id)) as unknown as {
        name: string;
        metadata: { list: number[] };
      };
      found.name = 'changed';
      found.metadata.list.push(2);
      expect(await store.find(record.id)).toEqual(record);
    });

    it('keeps what it was given, whatever happens to it later', async ({ store }) => {
      const scopes = ['orders:read'];
      const record = createSampleKey({ scopes });
      await insert(store, record);
      scopes.push('*');
      expect((await store.find(record.id))?.scopes).toEqual(['orders:read']);
    });
  });

  describe('recordUse', () => {
    it('moves the time of last use forward, never back, counts, and leaves the version', async ({
      store,
    }) => {
      const record = createSampleKey();
      await insert(store, record);
      const expectUses = async (lastUsedAt: number, useCount: number): Promise<void> =>
        expect(await store.find(record.id)).toEqual({ ...record, lastUsedAt, useCount });

      await store.recordUse([createSampleUse({ keyId: record.id, at: sampleTime + 20, count: 1 })]);
      await expectUses(sampleTime + 20, 1);
      await store.recordUse([createSampleUse({ keyId: record.id, at: sampleTime + 10, count: 40 })]);
      await expectUses(sampleTime + 20, 41);
      await store.recordUse([createSampleUse({ keyId: record.id, at: sampleTime + 30, count: 2 })]);
      await expectUses(sampleTime + 30, 43);
    });

    it('takes many keys at once, one key twice, and keys that do not exist', async ({ store }) => {
      const [a, b] = [createSampleKey({ id: 'a' }), createSampleKey({ id: 'b' })];
      await insert(store, a, b);
      await store.recordUse([]);
      await store.recordUse([
        createSampleUse({ keyId: 'b', at: sampleTime + 2, count: 1 }),
        createSampleUse({ keyId: 'a', at: sampleTime + 3, count: 10 }),
        createSampleUse({ keyId: 'unknown', at: sampleTime + 4, count: 1 }),
        createSampleUse({ keyId: 'a', at: sampleTime + 1, count: 5 }),
      ]);
      expect(await store.find('a')).toEqual({ ...a, lastUsedAt: sampleTime + 3, useCount: 15 });
      expect(await store.find('b')).toEqual({ ...b, lastUsedAt: sampleTime + 2, useCount: 1 });
      expect(await store.find('unknown')).toBe(null);
    });

    it('takes batches of thousands', async ({ store }) => {
      await insert(store, createSampleKey({ id: 'a' }));
      const others = Array.from({ length: 3000 }, (_, index) =>
        createSampleUse({ keyId: `unknown${index}` }),
      );
      await store.recordUse([...others, createSampleUse({ keyId: 'a', at: sampleTime + 1, count: 7 })]);
      const found = await store.find('a');
      expect([found?.lastUsedAt, found?.useCount]).toEqual([sampleTime + 1, 7]);
    });

    it('is not undone by a change that began before it', async ({ store, other }) => {
      const record = createSampleKey();
      await insert(store, record);
      const read = await store.find(record.id);
      await other.recordUse([createSampleUse({ keyId: record.id, at: sampleTime + 9, count: 3 })]);
      await update(store, createNextVersion(read ?? record, { name: 'Renamed' }));
      const found = await store.find(record.id);
      expect([found?.name, found?.lastUsedAt, found?.useCount]).toEqual(['Renamed', sampleTime + 9, 3]);
    });

    it('gets along with changes and other batches of the same keys', async ({ store, other }) => {
      const ids = Array.from({ length: 20 }, (_, index) => `key${index}`);
      await insert(store, ...ids.map((id) => createSampleKey({ id })));
      const uses = ids.map((keyId, index) =>
        createSampleUse({ keyId, at: sampleTime + index, count: index + 1 }),
      );
      await Promise.all([
        store.recordUse(uses),
        other.recordUse([...uses].reverse()),
        update(store, createNextVersion(createSampleKey({ id: 'key3' }))),
        update(other, createNextVersion(createSampleKey({ id: 'key4' }))),
        store.recordUse([...uses].reverse()),
      ]);
      const found = await Promise.all(ids.map((id) => store.find(id)));
      expect(found.map((record) => record?.lastUsedAt)).toEqual(uses.map((use) => use.at));
      // Three batches, none lost and none counted twice.
      expect(found.map((record) => record?.useCount)).toEqual(uses.map((use) => use.count * 3));
    });
  });
}
