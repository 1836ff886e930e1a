import { createHash, createHmac, randomBytes } from 'node:crypto';
import { memoryStore } from '../../lib/testing/index.js';
import { createInstance, type Scope, type TestInstance } from '../harness/instance.js';
import { theApp } from '../harness/the-app.js';

/** The row was found by eight characters, and each has a salt of its own. */
const common = {
  pattern: /^sk_[0-9a-f]{8}_[A-Za-z0-9_-]{30}$/,
  idOf: (key: string) => key.slice(3, 11),
};
const foreignFormats = [
  { ...common, name: 'before' },
  { ...common, name: 'after', hash: 'sha512', saltAfter: 'of all' },
  { ...common, name: 'hmac', hash: 'sha256', hmacSecret: 'secret of the old system' },
] as const;

const sha = (name: string, text: string): string => createHash(name).update(text).digest('hex');

const newKey = (): { key: string; visiblePart: string; salt: string } => {
  const visiblePart = randomBytes(4).toString('hex');
  const secret = randomBytes(30).toString('base64url').slice(0, 30);
  return { key: `sk_${visiblePart}_${secret}`, visiblePart, salt: randomBytes(8).toString('hex') };
};

const running: TestInstance[] = [];
afterEach(async () => {
  for (const each of running.splice(0)) await each.apiKeys.close();
});
async function start(store = memoryStore(), pepper?: readonly string[]): Promise<TestInstance> {
  const instance = createInstance({ store, foreignFormats, ...(pepper === undefined ? {} : { pepper }) });
  running.push(instance);
  await instance.apiKeys.ready();
  return instance;
}

const verify = async ({ apiKeys }: TestInstance, key: string, address = '192.0.2.1') =>
  apiKeys.keys.verify({ key, scopes: 'orders:read', address });

async function importRow({ apiKeys }: TestInstance, format: string, row: object) {
  const fields = { ownerId: 'alice', name: 'Old', scopes: ['orders:read'] as Scope[] };
  return apiKeys.keys.as(theApp).import({ format, rows: [{ ...fields, ...row }] });
}

describe('keys with a fast hash and a salt of their own', () => {
  it.each([
    ['before', (key: string, salt: string) => ({ hash: sha('sha256', salt + key), saltBefore: salt })],
    [
      'after',
      (key: string, salt: string) => ({ hash: sha('sha512', `${key}of all${salt}`), saltAfter: salt }),
    ],
    [
      'hmac',
      (key: string, salt: string) => ({
        hash: createHmac('sha256', 'secret of the old system').update(`${salt}.${key}!`).digest('base64'),
        ...{ saltBefore: `${salt}.`, saltAfter: '!' },
      }),
    ],
    ['before', (key: string) => ({ hash: sha('sha256', key) })],
  ] as const)('are accepted as their clients have always sent them: format %s', async (format, makeRow) => {
    const store = memoryStore();
    const [one, two] = [await start(store), await start(store)];
    const { key, visiblePart, salt } = newKey();
    const row = { ...makeRow(key, salt), visiblePart };
    expect(await importRow(one, format, row)).toMatchObject({ imported: 1, problems: [] });
    expect(await importRow(one, format, row)).toMatchObject({ imported: 0, alreadyImported: 1 });

    const wrong = `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`;
    expect(await verify(one, wrong, '203.0.113.9')).toMatchObject({ code: 'invalid_token' });
    const many = await Promise.all(Array.from({ length: 20 }, async () => verify(one, key)));
    expect(new Set(many.map(({ allowed }) => allowed))).toEqual(new Set([true]));
    expect(await verify(two, key)).toMatchObject({ allowed: true });
    expect(await verify(two, wrong)).toMatchObject({ code: 'invalid_token' });
  });

  it('are stored under the pepper, so that a stolen copy is of no use for brute force', async () => {
    const store = memoryStore();
    const one = await start(store);
    const { key, visiblePart, salt } = newKey();
    const hash = sha('sha256', salt + key);
    await importRow(one, 'before', { hash, visiblePart, saltBefore: salt });
    const { items } = await one.apiKeys.keys.as(theApp).list({});
    const record = JSON.stringify(await store.find(items[0]?.id ?? ''));
    expect(record).toContain('$salted$');
    for (const part of [hash, Buffer.from(hash, 'hex').toString('base64url'), key]) {
      expect(record).not.toContain(part);
    }
    const other = await start(store, ['another pepper, of at least 32 bytes']);
    expect(await verify(other, key)).toMatchObject({ code: 'invalid_token' });
    expect(await verify(one, key)).toMatchObject({ allowed: true });
  });

  it('need a row that says what is needed', async () => {
    const one = await start();
    const { key, visiblePart, salt } = newKey();
    const hash = sha('sha256', salt + key);
    for (const [row, field] of [
      [{ hash, saltBefore: salt }, 'visiblePart'],
      [{ visiblePart, saltBefore: salt }, 'hash'],
      [{ hash: 'x', visiblePart, saltBefore: salt }, 'hash'],
      [{ key, visiblePart }, 'key'],
      [{ hash, visiblePart, saltAfter: 'x'.repeat(129) }, 'saltAfter'],
    ] as const) {
      expect(await importRow(one, 'before', row)).toMatchObject({ imported: 0, problems: [{ field }] });
    }
  });
});

it.each([
  ['found by their hash', {}],
  ['slow', { hash: 'bcrypt', idOf: common.idOf }],
] as const)('hashes that are %s take no salt of a row', async (_kind, more) => {
  const format = { name: 'old', pattern: common.pattern, ...more };
  const instance = createInstance({ store: memoryStore(), foreignFormats: [format] });
  running.push(instance);
  expect(await importRow(instance, 'old', { hash: sha('sha256', 'x'), saltBefore: 'x' })).toMatchObject({
    imported: 0,
    problems: [{ row: 1, field: 'saltBefore' }],
  });
});
