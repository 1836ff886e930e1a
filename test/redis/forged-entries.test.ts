import { createHmac, hkdfSync } from 'node:crypto';
import { Redis } from 'ioredis';
import { parsePeppers } from '../../lib/crypto/peppers.js';
import { writeCachedKey } from '../../lib/redis/cached-key.js';
import { deriveMacKey } from '../../lib/redis/mac-key.js';
import { sealEntry, type Entry } from '../../lib/redis/sealed-entry.js';
import {
  asCached,
  changed,
  closeCaches,
  fillAndWait,
  makeCopy,
  makePepper,
  makePrefix,
  openCache,
  positionAt,
  publishAndWait,
  versionIn,
} from './cache-fixture.js';

const raw = new Redis(process.env.TEST_REDIS_URL ?? '');
const keyPrefix = makePrefix();
const pepper = makePepper();
const [parsedPepper] = parsePeppers(pepper);
const macKey = deriveMacKey(parsedPepper);
const otherMacKey = deriveMacKey(parsePeppers(makePepper())[0]);

const formatName = (id: string): string => `${keyPrefix}v10:${macKey.id}:{${id}}`;
const openOurs = (): ReturnType<typeof openCache> => openCache({ keyPrefix, peppers: [pepper] });
const soon = (): number => Date.now() + 30_000;
const put = (id: string, value: string | Buffer): Promise<unknown> =>
  raw.set(formatName(id), value, 'PX', 40_000);

afterEach(closeCaches);
afterAll(() => raw.quit());

/** Made by someone who knows everything but the MAC key, unless the case says otherwise. */
const copy = makeCopy();
const other = makeCopy();
const { key } = copy;
const content = writeCachedKey(key);
const hash = copy.asOf.hash.slice(0, 16);
const otherHash = positionAt(1, 'lost').hash.slice(0, 16);

function sealed(text: string, changes: Partial<Entry> = {}, name = formatName(key.id), by = macKey): string {
  return sealEntry(name, { version: 1, asOf: copy.asOf, usableUntil: soon(), content: text, ...changes }, by);
}

/** The content with one field of the list replaced. */
function withField(place: number, value: unknown): string {
  const fields = JSON.parse(content) as unknown[];
  fields[place] = value;
  return sealed(JSON.stringify(fields));
}

function withoutField(place: number): string {
  const fields = JSON.parse(content) as unknown[];
  fields.splice(place, 1);
  return sealed(JSON.stringify(fields));
}

const digest = 'ab'.repeat(32);

const forgeries: Readonly<Record<string, () => string | Buffer | Promise<void>>> = {
  'a record without a MAC': () => content,
  'an empty MAC': () => `.1.1.${hash}.${soon()}.${content}`,
  'a MAC of zeros': () => `${'A'.repeat(43)}.1.1.${hash}.${soon()}.${content}`,
  'the MAC of another key': () => sealed(content, {}, formatName(key.id), otherMacKey),
  'the entry of another record, copied here': () =>
    sealed(writeCachedKey(other.key), {}, formatName(other.key.id)),
  'another record, sealed for this place': () => sealed(writeCachedKey(other.key)),
  'an entry with another version in front': () => sealed(content).replace('.1.1.', '.2.1.'),
  'an entry that claims to be of later': () => sealed(content).replace('.1.1.', '.1.9.'),
  'an entry that claims to be of another timeline': () =>
    sealed(content).replace(`.${hash}.`, `.${otherHash}.`),
  'an entry without its hash': () => sealed(content).replace(`.${hash}.`, '..'),
  'an entry with half of its hash': () => sealed(content).replace(hash, hash.slice(0, 8)),
  'an entry with its dots moved': () => sealed(content, { version: 11 }).replace('.11.1.', '.1.11.'),
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
  'a MAC in characters with the same low bytes': () => {
    const entry = sealed(content);
    return `${String.fromCharCode(entry.charCodeAt(0) + 256)}${entry.slice(1)}`;
  },
  'a truncated entry': () => sealed(content).slice(0, -1),
  'half a MAC': () => sealed(content).slice(20),
  'an entry with something behind it': () => `${sealed(content)} `,
  'an empty value': () => '',
  'only dots': () => '.'.repeat(60),
  'binary junk': () => Buffer.from([0, 255, 254, 10, 13, 0, 46, 46, 46, 128]),
  'ten megabytes': () => Buffer.alloc(10_000_000, 'A'),
  'ten megabytes behind an authentic entry': () => sealed(content) + ' '.repeat(10_000_000),
  'another schema': () => {
    const body = `1.1.${hash}.${soon()}.${content}`;
    return `${macKey.sign(`${formatName(key.id)}\0v2\0${body}`)}.${body}`;
  },
  'an entry for another prefix': () => sealed(content, {}, `x${formatName(key.id)}`),
  'an authentic entry that has ended': () => sealed(content, { usableUntil: Date.now() - 1 }),
  'an authentic entry that never ends': () => sealed(content, { usableUntil: 9_999_999_999_999 }),
  'a record without end in its entry': () => sealed(content, { usableUntil: Infinity }),
  'a NaN in its entry': () =>
    sealed(content, { version: NaN, asOf: { sequence: NaN, hash }, usableUntil: NaN }),
  'a list (WRONGTYPE)': async () => void (await raw.rpush(formatName(key.id), content)),
  'a hash (WRONGTYPE)': async () => void (await raw.hset(formatName(key.id), 'id', key.id)),
  'a set (WRONGTYPE)': async () => void (await raw.sadd(formatName(key.id), content)),
  'a stream (WRONGTYPE)': async () => void (await raw.xadd(formatName(key.id), '*', 'id', key.id)),
  // From here on the MAC is right: what an earlier or broken version of our own might have written.
  'nothing but a version': () => sealed(''),
  'no JSON': () => sealed('{'),
  'no record': () => sealed('null'),
  'a list of nothing': () => sealed('[]'),
  'a record with names': () => sealed(JSON.stringify(key)),
  'a field too many': () => sealed(JSON.stringify([...(JSON.parse(content) as unknown[]), 1])),
  'an empty hash': () => sealed(content, { asOf: { sequence: 1, hash: '' } }),
  'a hash that is too short': () => sealed(content, { asOf: { sequence: 1, hash: hash.slice(1) } }),
  'a hash that is no hash': () => sealed(content, { asOf: { sequence: 1, hash: 'g'.repeat(16) } }),
  'a number of the feed that is none': () => sealed(content, { asOf: { sequence: 1.5, hash } }),
  'a version that is no number': () => sealed(content, { version: 1.5 }),
  'a __proto__ in the metadata': () => sealed(content.replace('{"team"', '{"__proto__":{"a":1},"team"')),
  'metadata that is a list': () => withField(10, []),
  'scopes that are a text': () => withField(4, '*'),
  'a scope that is a number': () => withField(4, ['a', 1]),
  'enabled by a text': () => withField(6, 'false'),
  'no revocation': () => withoutField(7),
  'an expiry without end': () => sealed(content.replace('true,null,null', 'true,null,1e999')),
  'an expiry that is a text': () => withField(8, '2099-01-01'),
  'an empty allowlist': () => withField(9, []),
  'an empty binding': () => withField(21, {}),
  'a binding without ids': () => withField(21, { project: [] }),
  'a binding to numbers': () => withField(21, { project: [1] }),
  'a binding that is a list': () => withField(21, ['p1']),
  'no credentials': () => withoutField(12),
  'a credential with names': () => withField(12, [{ id: 'a', digests: {} }]),
  'a digest that is a slow hash': () =>
    withField(12, [['a', { '0123456789abcdef': `$2b$31$${'a'.repeat(53)}` }, null, null]]),
  'a digest that is as long as one': () =>
    withField(12, [['a', { '0123456789abcdef': `$2b$31$${'a'.repeat(57)}` }, null, null]]),
  'a digest under another name': () => withField(12, [['a', { constructor: digest }, null, null]]),
  'a digest under __proto__': () =>
    sealed(content.replace('{"0123456789abcdef":', `{"__proto__":"${digest}","0123456789abcdef":`)),
};

describe('an entry that was tampered with', () => {
  it('is distinguished from an authentic one, which is read', async () => {
    const cache = await openOurs();
    await put(key.id, sealed(content));
    expect(await cache.get(key.id)).toEqual(asCached(copy));
  });

  it.each(Object.entries(forgeries))('R33: is a miss: %s', async (_, forge) => {
    const cache = await openOurs();
    await raw.del(formatName(key.id));
    const forged = await forge();
    if (forged !== undefined) await put(key.id, forged);
    expect(await cache.get(key.id)).toBeNull();
    // The same in one command with others.
    const together = await Promise.all(['a', key.id, 'b', key.id].map((id) => cache.get(id)));
    expect(together).toEqual([null, null, null, null]);
    expect(cache.status()).toBe('up');
    expect(cache.logger.messages).toEqual([]);
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(Object.keys(Array.prototype)).toEqual([]);
    // The next change takes its place.
    await publishAndWait(cache, changed(copy, 20));
  });

  it('does not pass for the authentic one that was read before it', async () => {
    const cache = await openOurs();
    const entry = sealed(content);
    await put(key.id, entry);
    expect(await cache.get(key.id)).not.toBeNull();
    await put(key.id, entry.replace('orders:read', 'orders:rea*'));
    expect(await cache.get(key.id)).toBeNull();
    await put(key.id, entry.replace('.1.1.', '.1.2.'));
    expect(await cache.get(key.id)).toBeNull();
  });

  it('is a miss when its MAC key was retired', async () => {
    const retired = await openCache({ keyPrefix, peppers: [makePepper()] });
    await fillAndWait(retired, other);
    const cache = await openOurs();
    expect(await cache.get(other.key.id)).toBeNull();
  });
});

describe('a version that somebody made up', () => {
  const forged = makeCopy({ version: 999_999 });
  const entry = (): string => `${'A'.repeat(43)}.999999.1.${hash}.${soon()}.${writeCachedKey(forged.key)}`;
  const earlier = changed(forged, 2);

  it('is never read', async () => {
    const cache = await openOurs();
    await put(forged.key.id, entry());
    cache.publish(earlier, Date.now());
    expect(await versionIn(cache, forged)).toBeNull();
  });

  it.each([
    ['without an end', async (name: string) => raw.set(name, entry())],
    ['with a far end', async (name: string) => raw.set(name, entry(), 'EX', 3600)],
  ])('does not stay when it was written %s', async (_, write) => {
    const cache = await openOurs();
    await write(formatName(forged.key.id));
    await fillAndWait(cache, earlier);
    await write(formatName(forged.key.id));
    await publishAndWait(cache, earlier);
    expect(await raw.pttl(formatName(forged.key.id))).toBeGreaterThan(0);
  });
});

it('is authenticated with HMAC-SHA-256 under a key of its own', () => {
  const bytes = Buffer.from(hkdfSync('sha256', parsedPepper.key, '', 'express-api-keys redis-mac v1', 32));
  for (const text of ['', 'a', 'ä€😀', 'x'.repeat(10_000)]) {
    const expected = createHmac('sha256', bytes.toString('base64url')).update(text).digest('base64url');
    expect(macKey.sign(text)).toBe(expected);
  }
});
