import { createHmac } from 'node:crypto';
import { Redis } from 'ioredis';
import { parsePeppers } from '../../lib/crypto/peppers.js';
import { writeCachedKey } from '../../lib/redis/cached-key.js';
import { deriveMacKey } from '../../lib/redis/mac-key.js';
import { sealEntry } from '../../lib/redis/sealed-entry.js';
import {
  asCached,
  closeCaches,
  fillAndWait,
  makeKey,
  makePepper,
  makePrefix,
  openCache,
  waitFor,
} from './cache-fixture.js';

const raw = new Redis(process.env.TEST_REDIS_URL ?? '');
const keyPrefix = makePrefix();
const pepper = makePepper();
const macKey = deriveMacKey(parsePeppers(pepper)[0]);
const otherMacKey = deriveMacKey(parsePeppers(makePepper())[0]);

const nameOf = (id: string): string => `${keyPrefix}v1:${macKey.id}:{${id}}`;
const openOurs = (): ReturnType<typeof openCache> => openCache({ keyPrefix, peppers: [pepper] });
const soon = (): number => Date.now() + 3000;
const put = (id: string, value: string | Buffer): Promise<unknown> => raw.set(nameOf(id), value, 'PX', 4000);

afterEach(closeCaches);
afterAll(() => raw.quit());

/** Made by someone who knows everything but the MAC key, unless the case says otherwise. */
const key = makeKey();
const other = makeKey();
const content = writeCachedKey(key);
const sealed = (text: string, version = 1): string =>
  sealEntry(nameOf(key.id), { version, usableUntil: soon(), content: text }, macKey);
const changed = (change: (value: Record<string, unknown>) => void): string => {
  const value = JSON.parse(content) as Record<string, unknown>;
  change(value);
  return sealed(JSON.stringify(value));
};
const hmac = (data: string): string => createHmac('sha256', macKey.key).update(data).digest('base64url');

const forgeries: Readonly<Record<string, () => string | Buffer | Promise<void>>> = {
  'a record without a MAC': () => content,
  'an empty MAC': () => `.1.${soon()}.${content}`,
  'a MAC of zeros': () => `${'A'.repeat(43)}.1.${soon()}.${content}`,
  'the MAC of another key': () =>
    sealEntry(nameOf(key.id), { version: 1, usableUntil: soon(), content }, otherMacKey),
  'the entry of another record, copied here': () =>
    sealEntry(nameOf(other.id), { version: 1, usableUntil: soon(), content: writeCachedKey(other) }, macKey),
  'another record, sealed for this place': () => sealed(writeCachedKey(other)),
  'an entry with another version in front': () => sealed(content).replace(/\.1\./, '.2.'),
  'a record whose version is not the one of its entry': () => sealed(content, 2),
  'an entry with a longer life': () =>
    sealed(content).replace(/\.(\d{13})\./, (_, until) => `.${Number(until) + 900}.`),
  'an entry with one byte changed': () => sealed(content).replace('orders:read', 'orders:rea*'),
  'a MAC in another spelling': () => {
    const entry = sealed(content);
    // The last character of 43 carries two bits that decode to nothing.
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const twin = alphabet[alphabet.indexOf(entry[42]!) ^ 1]!;
    return `${entry.slice(0, 42)}${twin}${entry.slice(43)}`;
  },
  'a truncated entry': () => sealed(content).slice(0, -1),
  'half a MAC': () => sealed(content).slice(20),
  'an entry with something behind it': () => `${sealed(content)} `,
  'an empty value': () => '',
  'only dots': () => '...',
  'binary junk': () => Buffer.from([0, 255, 254, 10, 13, 0, 46, 46, 46, 128]),
  'ten megabytes': () => Buffer.alloc(10_000_000, 'A'),
  'ten megabytes behind an authentic entry': () => sealed(content) + ' '.repeat(10_000_000),
  'another schema': () => {
    const body = `1.${soon()}.${content}`;
    return `${hmac(`${nameOf(key.id)}\0v2\0${body}`)}.${body}`;
  },
  'an entry for another prefix': () => {
    const body = `1.${soon()}.${content}`;
    return `${hmac(`x${nameOf(key.id)}\0v1\0${body}`)}.${body}`;
  },
  'an authentic entry that has ended': () =>
    sealEntry(nameOf(key.id), { version: 1, usableUntil: Date.now() - 1, content }, macKey),
  'an authentic entry that never ends': () =>
    sealEntry(nameOf(key.id), { version: 1, usableUntil: 9_999_999_999_999, content }, macKey),
  'a record without end in its entry': () =>
    sealEntry(nameOf(key.id), { version: 1, usableUntil: Infinity, content }, macKey),
  'a NaN in its entry': () => sealEntry(nameOf(key.id), { version: NaN, usableUntil: NaN, content }, macKey),
  'a list (WRONGTYPE)': async () => void (await raw.rpush(nameOf(key.id), content)),
  'a hash (WRONGTYPE)': async () => void (await raw.hset(nameOf(key.id), 'id', key.id)),
  'a set (WRONGTYPE)': async () => void (await raw.sadd(nameOf(key.id), content)),
  'a stream (WRONGTYPE)': async () => void (await raw.xadd(nameOf(key.id), '*', 'id', key.id)),
  // From here on the MAC is right: what an earlier or broken version of our own might have written.
  'no JSON': () => sealed('{'),
  'no record': () => sealed('null'),
  'a list for a record': () => sealed('[]'),
  'a __proto__ in place of the record': () => sealed(`{"__proto__":${content}}`),
  'a __proto__ in the metadata': () =>
    sealed(content.replace('"metadata":{', '"metadata":{"__proto__":{"a":1},')),
  'an expiry without end': () => sealed(content.replace('"expiresAt":null', '"expiresAt":1e999')),
  'an expiry that is a text': () => changed((value) => (value.expiresAt = '2099-01-01')),
  'no expiry': () => changed((value) => delete value.expiresAt),
  'no revocation': () => changed((value) => delete value.revokedAt),
  'an empty allowlist': () => changed((value) => (value.ipAllowlist = [])),
  'no allowlist': () => changed((value) => delete value.ipAllowlist),
  'scopes that are a text': () => changed((value) => (value.scopes = '*')),
  'enabled by a text': () => changed((value) => (value.enabled = 'false')),
  'no credentials': () => changed((value) => delete value.credentials),
  'another kind of credential': () => changed((value) => (value.credentials = [{ kind: 'anything' }])),
  'a digest that is a slow hash': () =>
    changed((value) => {
      value.credentials = [
        {
          id: 'a',
          kind: 'secret',
          digests: { '0123456789abcdef': `$2b$31$${'a'.repeat(53)}` },
          endedAt: null,
          endsAt: null,
        },
      ];
    }),
  'a digest under __proto__': () =>
    sealed(content.replace('"digests":{', `"digests":{"__proto__":"${'a'.repeat(64)}",`)),
};

describe('an entry that was tampered with', () => {
  it('is told from an authentic one, which is read', async () => {
    const cache = await openOurs();
    await put(key.id, sealed(content));
    expect(await cache.get(key.id)).toEqual(asCached(key));
  });

  it.each(Object.entries(forgeries))('is a miss: %s', async (_, forge) => {
    const cache = await openOurs();
    await raw.del(nameOf(key.id));
    const forged = await forge();
    if (forged !== undefined) await put(key.id, forged);
    expect(await cache.get(key.id)).toBeNull();
    expect(cache.status()).toBe('up');
    expect(cache.logger.messages).toEqual([]);
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(Object.keys(Array.prototype)).toEqual([]);
    // The next copy and the next change take its place.
    expect(await cache.publish({ ...key, version: 2 }, Date.now())).toBe(true);
    expect((await cache.get(key.id))?.version).toBe(2);
  });

  it('is a miss when its MAC key was retired', async () => {
    const retired = await openCache({ keyPrefix, peppers: [makePepper()] });
    await fillAndWait(retired, other);
    const cache = await openOurs();
    expect(await cache.get(other.id)).toBeNull();
  });
});

describe('a version that somebody made up', () => {
  const forged = makeKey({ version: 999_999 });
  const entry = (): string => `${'A'.repeat(43)}.999999.${soon()}.${writeCachedKey(forged)}`;

  it('does not count as a later change, so the change is not confirmed', async () => {
    const cache = await openOurs();
    await put(forged.id, entry());
    expect(await cache.publish({ ...forged, version: 2 }, Date.now())).toBe(false);
    expect(await cache.get(forged.id)).toBeNull();
  });

  it.each([
    ['without an end', async (name: string) => raw.set(name, entry())],
    ['with a far end', async (name: string) => raw.set(name, entry(), 'EX', 3600)],
  ])('does not stay when it was written %s', async (_, write) => {
    const cache = await openOurs();
    await write(nameOf(forged.id));
    await fillAndWait(cache, { ...forged, version: 2 });
    await write(nameOf(forged.id));
    expect(await cache.publish({ ...forged, version: 3 }, Date.now())).toBe(true);
    expect((await cache.get(forged.id))?.version).toBe(3);
    await waitFor(async () => (await raw.pttl(nameOf(forged.id))) > 0);
  });
});
