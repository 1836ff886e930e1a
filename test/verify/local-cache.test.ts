import { noResources } from '../../lib/domain/resource-catalogue.js';
import { createScopeCatalogue } from '../../lib/domain/scope-catalogue.js';
import { LocalCache } from '../../lib/verify/local-cache.js';
import { PreparedKey } from '../../lib/verify/prepared-key.js';
import { createUseCounter } from '../../lib/verify/use-counter.js';
import type { VerifiableKey } from '../../lib/domain/api-key.js';
import type { KeyAncestor } from '../../lib/domain/key-ancestor.js';

const catalogue = createScopeCatalogue({ 'orders:read': 'Read orders' });
const credential = {
  id: 'c',
  kind: 'secret',
  digests: {},
  createdAt: 0,
  endedAt: null,
  endsAt: null,
  graceFromFirstUseSeconds: null,
  sealedSecret: null,
} as const;

function prepared(id: string, fields: Partial<VerifiableKey> = {}): PreparedKey {
  const key: VerifiableKey = {
    ...{
      id,
      keyspace: 'default',
      ownerId: 'alice',
      name: 'CI',
      scopes: ['orders:read'],
      environment: 'live',
    },
    ...{ enabled: true, revokedAt: null, expiresAt: null, ipAllowlist: null, metadata: {}, version: 1 },
    ...{ createdAt: 0, activatedAt: 0, lastUsedAt: null, maxIdleDays: null },
    ...{ features: [], rateLimits: [], hasCredits: false, owner: null, resources: null },
    ...{ parentId: null, ancestors: [] },
    hint: { prefix: 'acme_live_' },
    credentials: [credential],
    ...fields,
  };
  return new PreparedKey(key, catalogue, noResources);
}

const uses = (id: string) => createUseCounter({ id, ownerId: 'alice', createdAt: 0 });

/** Holds a key, and the digest of one token of it. */
function holdWithToken(cache: LocalCache, id: string, fields: Partial<VerifiableKey> = {}): PreparedKey {
  const key = prepared(id, fields);
  cache.set(key, uses(id), 0);
  cache.prove(key, `token of ${id}`, credential);
  return key;
}

const big = { maxKeys: 1_000, maxBytes: 10_000_000 };

describe('LocalCache', () => {
  it('finds a key by a token that was proven, and by its id', () => {
    const cache = new LocalCache(big);
    const key = holdWithToken(cache, 'a');
    expect(cache.findByToken('token of a', 1)?.entry.prepared).toBe(key);
    expect(cache.findById('a', 1)).toBe(key);
    expect(cache.findByToken('another token', 1)).toBeUndefined();
  });

  it('forgets a key with all its tokens, wherever it stands', () => {
    const cache = new LocalCache({ ...big, maxKeys: 4 });
    for (const id of ['a', 'b', 'c']) holdWithToken(cache, id);
    for (const id of ['a', 'b', 'c']) {
      cache.forget(id);
      expect(cache.findByToken(`token of ${id}`, 1)).toBeUndefined();
      expect(cache.findById(id, 1)).toBeUndefined();
    }
    expect(cache.size).toBe(0);
  });

  it('forgets everything at once', () => {
    const cache = new LocalCache(big);
    for (let index = 0; index < 100; index += 1) holdWithToken(cache, `${index}`);
    cache.forgetAll();
    expect(cache.size).toBe(0);
    expect(cache.findByToken('token of 7', 1)).toBeUndefined();
  });

  it('tells of an entry found earlier what finding it again would tell', () => {
    const cache = new LocalCache({ ...big, maxKeys: 4 });
    const hold = (id: string) => {
      holdWithToken(cache, id);
      const entry = cache.findEntry(id, 1);
      if (entry === undefined) throw new Error(`${id} is not cached`);
      return entry;
    };
    const entry = hold('a');
    expect([cache.holds(entry, 1), cache.holds(entry, entry.until)]).toEqual([true, false]);
    // In the old generation, moved to the young one, and dropped with the old one.
    for (const id of ['b', 'c']) hold(id);
    expect(cache.holds(entry, 1)).toBe(cache.findEntry('a', 1) === entry);
    cache.findByToken('token of a', 1);
    expect(cache.holds(entry, 1)).toBe(cache.findEntry('a', 1) === entry);
    for (const id of ['d', 'e', 'f', 'g']) hold(id);
    expect([cache.holds(entry, 1), cache.findEntry('a', 1)]).toEqual([false, undefined]);

    const older = hold('a');
    const newer = hold('a');
    expect([cache.holds(older, 1), cache.holds(newer, 1)]).toEqual([false, true]);
    cache.forget('a');
    expect(cache.holds(newer, 1)).toBe(false);
    const last = hold('a');
    cache.forgetAll();
    expect(cache.holds(last, 1)).toBe(false);
  });

  it('takes no token for a version that is no longer held', () => {
    const cache = new LocalCache(big);
    const old = holdWithToken(cache, 'a');
    const next = prepared('a', { version: 2 });
    cache.set(next, uses('a'), 0);
    expect(cache.findByToken('token of a', 1)).toBeUndefined();
    // A check that began before the change and ends after it.
    cache.prove(old, 'token of a', credential);
    expect(cache.findByToken('token of a', 1)).toBeUndefined();
    cache.forget('a');
    cache.prove(next, 'token of a', credential);
    expect(cache.findByToken('token of a', 1)).toBeUndefined();
  });

  describe('of a key with any number of valid strings', () => {
    const maxTokens = 8;
    const listDigests = (count: number) => Array.from({ length: count }, (_, index) => `string ${index}`);
    const listFound = (cache: LocalCache, digests: readonly string[]) =>
      digests.filter((digest) => cache.findByToken(digest, 1) !== undefined);

    it('keeps the newest of them, in either generation', () => {
      const cache = new LocalCache({ ...big, maxKeys: 4 });
      const key = prepared('a');
      cache.set(key, uses('a'), 0);
      const digests = listDigests(100);
      for (const [index, digest] of digests.entries()) {
        cache.prove(key, digest, credential);
        expect(cache.findByToken(digest, 1)?.entry.prepared).toBe(key);
        // Others make the key an older one, and finding it makes it a newer one.
        if (index % 3 === 0) for (const id of ['b', 'c']) holdWithToken(cache, id);
      }
      for (const id of ['b', 'c']) holdWithToken(cache, id);
      expect(listFound(cache, digests)).toEqual(digests.slice(-maxTokens));
      expect(cache.findById('a', 1)).toBe(key);
    });

    it('proves a string again that it has dropped', () => {
      const cache = new LocalCache(big);
      const key = prepared('a');
      cache.set(key, uses('a'), 0);
      const digests = listDigests(maxTokens + 1);
      for (const digest of digests) cache.prove(key, digest, credential);
      cache.prove(key, 'string 0', credential);
      expect(listFound(cache, digests)).toEqual(['string 0', ...digests.slice(2)]);
    });

    it('forgets all of them with the key', () => {
      const cache = new LocalCache(big);
      const key = prepared('a');
      cache.set(key, uses('a'), 0);
      const digests = listDigests(20);
      for (const digest of digests) cache.prove(key, digest, credential);
      cache.forget('a');
      expect(listFound(cache, digests)).toEqual([]);
      expect(cache.size).toBe(0);
    });

    it('counts them as memory', () => {
      const cache = new LocalCache({ ...big, maxBytes: 100_000 });
      for (let index = 0; index < 100; index += 1) {
        const key = prepared(`${index}`);
        cache.set(key, uses(`${index}`), 0);
        for (const digest of listDigests(maxTokens)) cache.prove(key, `${digest} of ${index}`, credential);
      }
      // 1.4 KB for a key with one string, and 2.2 KB for seven more.
      expect(cache.size).toBeLessThan(28);
      expect(cache.size).toBeGreaterThan(8);
    });
  });

  it('never holds more keys than it may, and keeps those that are used', () => {
    const cache = new LocalCache({ ...big, maxKeys: 10 });
    holdWithToken(cache, 'hot');
    for (let index = 0; index < 1_000; index += 1) {
      holdWithToken(cache, `cold ${index}`);
      expect(cache.findByToken('token of hot', 1)).toBeDefined();
      expect(cache.size).toBeLessThanOrEqual(10);
    }
    expect(cache.findByToken('token of cold 0', 1)).toBeUndefined();
  });

  it('never holds more bytes than it may, by its own estimate', () => {
    const cache = new LocalCache({ maxKeys: 1_000, maxBytes: 400_000 });
    const metadata = { text: 'x'.repeat(10_000) };
    for (let index = 0; index < 100; index += 1) holdWithToken(cache, `${index}`, { metadata });
    expect(cache.size).toBeLessThanOrEqual(5);
    expect(cache.size).toBeGreaterThan(1);
  });

  it('reads a key again after a minute, for those who edit the database by hand', () => {
    const cache = new LocalCache(big);
    holdWithToken(cache, 'a');
    expect(cache.findByToken('token of a', 59_999)).toBeDefined();
    expect(cache.findByToken('token of a', 60_000)).toBeUndefined();
    expect(cache.findById('a', 60_000)).toBeUndefined();
  });

  describe('of keys below one key', () => {
    const createAncestor = (id: string, fields: Partial<KeyAncestor> = {}): KeyAncestor => ({
      ...{ id, parentId: null, version: 1, enabled: true, revokedAt: null, expiresAt: null, createdAt: 0 },
      ...{ activatedAt: 0, lastUsedAt: null, maxIdleDays: null, scopes: ['orders:read'], features: [] },
      ...{ ipAllowlist: null, resources: null, rateLimits: [], hasCredits: false },
      ...fields,
    });
    const createLineage = (...ancestors: KeyAncestor[]) => ({ parentId: 'parent', ancestors });

    it('keeps one copy of the keys above them, in either generation', () => {
      const cache = new LocalCache({ ...big, maxKeys: 4 });
      const [parent, grandparent] = [createAncestor('parent', { parentId: 'top' }), createAncestor('top')];
      holdWithToken(cache, 'first', createLineage(parent, grandparent));
      for (const id of ['a', 'b']) holdWithToken(cache, id);
      const shared = cache.shareAncestors(
        createLineage(createAncestor('parent', { parentId: 'top' }), createAncestor('top')),
      );
      expect(shared.ancestors[0]).toBe(parent);
      expect(shared.ancestors[1]).toBe(grandparent);
    });

    it.each<[string, Partial<KeyAncestor>]>([
      ['version', { version: 2 }],
      ['use', { lastUsedAt: 1 }],
      ['scopes', { scopes: [] }],
      ['limits', { rateLimits: [{ name: 'minute', limit: 1, windowSeconds: 60 }] }],
      ['bounds of its plan', { enforced: { maxLifetimeDays: 5, maxIdleDays: null } }],
    ])('keeps what was read where the %s of one above them differs', (_, fields) => {
      const cache = new LocalCache(big);
      holdWithToken(cache, 'first', createLineage(createAncestor('parent')));
      const other = createAncestor('parent', fields);
      expect(cache.shareAncestors(createLineage(other)).ancestors[0]).toBe(other);
    });

    it('keeps no copy of keys that are forgotten', () => {
      const cache = new LocalCache(big);
      holdWithToken(cache, 'first', createLineage(createAncestor('parent')));
      cache.forget('parent');
      const read = createAncestor('parent');
      expect(cache.shareAncestors(createLineage(read)).ancestors[0]).toBe(read);
    });
  });
});
