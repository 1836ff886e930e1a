import { pbkdf2Sync, randomBytes, scryptSync } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { hashSync } from 'bcryptjs';
import express from 'express';
import request from 'supertest';
import { hasArgon2 } from '../../lib/crypto/kdf-runner.js';
import { createApiKeys, type ApiKeysOptions } from '../../lib/index.js';
import type { KeyStore } from '../../lib/store/index.js';
import { memoryStore } from '../../lib/testing/index.js';
import { createTestParts, scopes, type Scope, type TestInstance } from '../harness/instance.js';
import { startTwoInstances, type PlaceName, type TwoInstances } from '../harness/open-place.js';
import { theApp } from '../harness/the-app.js';

/** `sk_`, eight characters by which the row was found, and the secret. */
const format = {
  name: 'home-made',
  pattern: /^sk_[0-9a-f]{8}_[A-Za-z0-9_-]{20,100}$/,
  hash: 'bcrypt',
  idOf: (key: string) => key.slice(3, 11),
} as const;

interface OldKey {
  readonly key: string;
  readonly visiblePart: string;
}

const newOld = (length = 30): OldKey => {
  const visiblePart = randomBytes(4).toString('hex');
  return {
    key: `sk_${visiblePart}_${randomBytes(length).toString('base64url').slice(0, length)}`,
    visiblePart,
  };
};
const guess = (visiblePart: string): string => `sk_${visiblePart}_${randomBytes(15).toString('base64url')}`;

const rowOf = ({ key, visiblePart }: OldKey, fields: object = {}) => ({
  hash: hashSync(key, 4),
  visiblePart,
  ...{ ownerId: 'alice', name: 'Old', scopes: ['orders:read'] as Scope[] },
  ...fields,
});

const running: TwoInstances[] = [];
afterEach(async () => {
  for (const each of running.splice(0)) await each.stop();
});

async function start(
  place: PlaceName = 'a store in memory',
  options: Partial<ApiKeysOptions<Scope>> = {},
): Promise<TwoInstances> {
  const both = await startTwoInstances(place, { foreignFormats: [format], ...options });
  running.push(both);
  return both;
}

async function verify({ apiKeys }: Pick<TestInstance, 'apiKeys'>, key: string, address = '192.0.2.1') {
  return apiKeys.keys.verify({ key, scopes: 'orders:read', address });
}

const send = async ({ apiKeys }: Pick<TestInstance, 'apiKeys'>, key: string) => {
  const app = express().get('/orders', apiKeys.requireApiKey('orders:read'), (req, res) => {
    res.json({ id: apiKeys.apiKeyOf(req).id });
  });
  return request(app).get('/orders').set('X-API-Key', key);
};

async function importRows({ apiKeys }: Pick<TestInstance, 'apiKeys'>, rows: readonly unknown[]) {
  return apiKeys.keys.as(theApp).import({ format: format.name, rows } as never);
}

async function eventually(check: () => Promise<boolean>): Promise<void> {
  for (let left = 500; left > 0 && !(await check()); left -= 1) await sleep(50);
  expect(await check()).toBe(true);
}

/**
 * Waits for the fast digest, which is written while the answer is on its way. From then on no slow hash is asked for, so that so many
 * wrong secrets from one network are each refused as such.
 */
async function untilNothingIsHeldUp(
  instance: Pick<TestInstance, 'apiKeys'>,
  visiblePart: string,
  times: number,
): Promise<void> {
  let network = 0;
  await eventually(async () => {
    network += 1;
    const codes = new Set<unknown>();
    for (let time = 0; time < times; time += 1) {
      const address = `198.51.${Math.floor(network / 256)}.${network % 256}`;
      const verdict = await verify(instance, guess(visiblePart), address);
      codes.add(verdict.allowed || verdict.code);
    }
    return codes.size === 1 && codes.has('invalid_token');
  });
}

describe.each<PlaceName>(['a store in memory', 'SQLite', 'PostgreSQL', 'PostgreSQL and Redis'])(
  'keys imported with bcrypt hashes, in %s',
  (place) => {
    it('are compared once, and from then on known by a fast digest in every process', async () => {
      const { one, two } = await start(place);
      const old = newOld();
      expect(await importRows(one, [rowOf(old)])).toMatchObject({ imported: 1, problems: [] });
      expect(await importRows(one, [rowOf(old)])).toMatchObject({ imported: 0, alreadyImported: 1 });

      // A client that starts sends many at once.
      const answers = await Promise.all(Array.from({ length: 20 }, async () => send(one, old.key)));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      expect((await send(one, guess(old.visiblePart))).status).toBe(401);
      await eventually(async () => (await send(two, old.key)).status === 200);

      // The fast digest refuses what the slow hash would be asked for otherwise.
      await eventually(async () => (await verify(two, guess(old.visiblePart))).allowed === false);
      await untilNothingIsHeldUp(two, old.visiblePart, 5);
    });

    it('are revoked and rotated as any other, before and after their first use', async () => {
      const { one, two } = await start(place);
      const [used, unused, revoked] = [newOld(), newOld(), newOld()];
      await importRows(
        one,
        [used, unused, revoked].map((old) => rowOf(old, { name: old.visiblePart })),
      );
      const keys = one.apiKeys.keys.as(theApp);
      const { items } = await keys.list({ ownerId: 'alice' });
      const idOf = ({ visiblePart }: OldKey): string =>
        items.find(({ name }) => name === visiblePart)?.id ?? '';
      await keys.revoke({ id: idOf(revoked) });
      expect(await verify(one, revoked.key)).toMatchObject({ code: 'key_revoked' });

      expect((await send(one, used.key)).body).toEqual({ id: idOf(used) });
      for (const old of [used, unused]) {
        const { key, id } = await keys.rotate({ id: idOf(old), gracePeriodSeconds: 60 });
        expect(id).toBe(idOf(old));
        expect(await verify(two, key)).toMatchObject({ allowed: true });
        expect(await verify(two, old.key)).toMatchObject({ allowed: true });
        await keys.rotate({ id });
        expect(await verify(two, old.key)).toMatchObject({ allowed: false });
        expect(await verify(one, old.key)).toMatchObject({ allowed: false });
      }
    });
  },
);

describe('a flood of strings of the pattern', () => {
  it('costs one slow hash for each candidate, and lets right keys of other networks in', async () => {
    const { one } = await start();
    const olds = Array.from({ length: 10 }, () => newOld());
    await importRows(
      one,
      olds.map((old) => rowOf(old)),
    );
    const codes = new Map<string, number>();
    const flood = async (of: (index: number) => string): Promise<void> => {
      for (let from = 0; from < 2_000; from += 50) {
        await Promise.all(
          Array.from({ length: 50 }, async (_, index) => {
            const verdict = await verify(one, guess(of(from + index)), '203.0.113.9');
            const code = verdict.allowed ? 'allowed' : verdict.code;
            codes.set(code, (codes.get(code) ?? 0) + 1);
          }),
        );
      }
    };
    await flood((index) => olds[index % olds.length]?.visiblePart ?? '');
    // One of each was compared; all others were refused without that.
    expect(Object.fromEntries(codes)).toEqual({ invalid_token: 10, too_many_failures: 1_990 });
    const [first] = olds;
    expect(await verify(one, first?.key ?? '', '198.51.100.7')).toMatchObject({ allowed: true });
    // From the same network it waits, and is told for how long.
    expect(await verify(one, olds[1]?.key ?? '', '203.0.113.9')).toMatchObject({
      code: 'too_many_failures',
      retryAfterSeconds: expect.any(Number) as number,
    });

    codes.clear();
    await flood(() => randomBytes(4).toString('hex'));
    expect(Object.fromEntries(codes)).toEqual({ invalid_token: 2_000 });
  });

  it('lets a right key in that two networks send at once, one of which has just been wrong', async () => {
    const { one } = await start();
    const [old, other] = [newOld(), newOld()];
    await importRows(one, [rowOf(old), rowOf(other)]);
    for (const { visiblePart } of [old, other]) await verify(one, guess(visiblePart), '203.0.113.9');

    const both = await Promise.all([
      verify(one, old.key, '203.0.113.9'),
      verify(one, old.key, '198.51.100.7'),
    ]);
    expect(both).toMatchObject([{ code: 'too_many_failures' }, { allowed: true }]);
    // A comparison that another network has paid for costs nothing.
    const inOtherOrder = ['198.51.100.7', '203.0.113.9'].map(async (address) =>
      verify(one, other.key, address),
    );
    expect(await Promise.all(inOtherOrder)).toMatchObject([{ allowed: true }, { allowed: true }]);
  });

  it.each([
    ['one network', 1, () => '203.0.113.9'],
    ['many networks', 10, (index: number) => `203.0.113.${index}`],
  ])(
    'from %s does not hold up a right key of it whose last four characters were imported',
    async (...each) => {
      const [, maxCompared, addressOf] = each;
      const { one } = await start();
      const [named, guessed, unnamed] = [newOld(), newOld(), newOld()];
      const ends = (old: OldKey): object => ({ lastFour: old.key.slice(-4) });
      await importRows(one, [rowOf(named, ends(named)), rowOf(guessed, ends(guessed)), rowOf(unnamed)]);
      async function flood(makeString: () => string): Promise<number> {
        let compared = 0;
        for (let index = 0; index < 30; index += 1) {
          const verdict = await verify(one, makeString(), addressOf(index));
          if (!verdict.allowed && verdict.code === 'invalid_token') compared += 1;
        }
        return compared;
      }
      const makeWrong = ({ key, visiblePart }: OldKey) => {
        const other = key.endsWith('A') ? 'B' : 'A';
        return () => `${guess(visiblePart).slice(0, -1)}${other}`;
      };

      for (const old of [named, guessed, unnamed]) expect(await flood(makeWrong(old))).toBe(maxCompared);
      expect(await verify(one, named.key, addressOf(0))).toMatchObject({ allowed: true });
      expect(await verify(one, unnamed.key, addressOf(0))).toMatchObject({ code: 'too_many_failures' });

      // Those who know how the key ends are bounded as well.
      const makeInformed = (): string => guess(guessed.visiblePart).slice(0, -4) + guessed.key.slice(-4);
      expect(await flood(makeInformed)).toBe(maxCompared);
      expect(await verify(one, guessed.key, addressOf(0))).toMatchObject({ code: 'too_many_failures' });
    },
  );

  it('from many networks costs a few slow hashes for each candidate', async () => {
    const { one } = await start();
    const old = newOld();
    await importRows(one, [rowOf(old)]);
    const codes: string[] = [];
    for (let network = 1; network <= 100; network += 1) {
      const verdict = await verify(one, guess(old.visiblePart), `198.51.100.${network}`);
      codes.push(verdict.allowed ? 'allowed' : verdict.code);
    }
    expect(codes.filter((code) => code === 'invalid_token')).toHaveLength(10);
    expect(codes.filter((code) => code === 'too_many_failures')).toHaveLength(90);
  });

  it('from callers without an address is bounded by the key alone', async () => {
    const { one } = await start();
    const old = newOld();
    await importRows(one, [rowOf(old)]);
    const sendAnywhere = (key: string) => one.apiKeys.keys.verify({ key, scopes: 'orders:read' });
    const codes: string[] = [];
    for (let time = 0; time < 12; time += 1) {
      const verdict = await sendAnywhere(guess(old.visiblePart));
      codes.push(verdict.allowed ? 'allowed' : verdict.code);
      // They are many jobs and sockets: one that is wrong does not hold up the others.
      if (time === 0) {
        const other = newOld();
        await importRows(one, [rowOf(other)]);
        await sendAnywhere(guess(other.visiblePart));
        expect(await sendAnywhere(other.key)).toMatchObject({ allowed: true });
      }
    }
    expect(codes.filter((code) => code === 'invalid_token')).toHaveLength(10);
    expect(await sendAnywhere(old.key)).toMatchObject({ code: 'too_many_failures' });
  });

  it('reads the store as rarely', async () => {
    const store = memoryStore();
    const { one } = await start('a store in memory', { store });
    const old = newOld();
    await importRows(one, [rowOf(old)]);
    const find = jest.spyOn<KeyStore, 'find'>(store, 'find');
    for (let time = 0; time < 500; time += 1) await verify(one, guess(old.visiblePart));
    expect(find.mock.calls.length).toBeLessThanOrEqual(3);
  });
});

describe('a key that is revoked while it is compared for the first time', () => {
  it('is refused in every request that is sent after the answer, also with the comparison of an earlier one', async () => {
    const store = memoryStore();
    const { one } = await start('a store in memory', { store });
    const old = newOld();
    await importRows(one, [rowOf(old)]);
    const { items } = await one.apiKeys.keys.as(theApp).list({});
    const id = items[0]?.id ?? '';

    // The last read of the first request has its answer, which has not come yet.
    const held: (() => void)[] = [];
    let isHolding = true;
    const find = store.find.bind(store);
    jest.spyOn<KeyStore, 'find'>(store, 'find').mockImplementation(async (...args) => {
      const found = await find(...args);
      // It is read, read again for the comparison, and read a third time when it matches.
      if (isHolding && reads.length >= 3) await new Promise<void>((resolve) => held.push(resolve));
      return found;
    });
    const reads = jest.mocked(store.find).mock.calls;
    const first = verify(one, old.key);
    await eventually(async () => held.length > 0);
    await one.apiKeys.keys.as(theApp).revoke({ id });
    const second = verify(one, old.key);
    isHolding = false;
    await sleep(50);
    for (const release of held.splice(0)) release();
    expect(await second).toMatchObject({ allowed: false, code: 'key_revoked' });
    expect(await first).toBeDefined();
  });
});

/** How the keys of other systems are stored, weak enough for a test. */
const derivedForms = {
  scrypt: (key: string) =>
    `$scrypt$ln=4,r=8,p=1$${toBase64('a salt')}$${toBase64(scryptSync(key, 'a salt', 32, { N: 16 }))}`,
  pbkdf2: (key: string) =>
    `pbkdf2_sha256$1000$a-salt$${pbkdf2Sync(key, 'a-salt', 1000, 32, 'sha256').toString('base64')}`,
} as const;
const toBase64 = (bytes: string | Buffer): string => Buffer.from(bytes).toString('base64').replace(/=+$/, '');

describe.each(Object.entries(derivedForms))('keys imported with %s', (hash, makeHash) => {
  it.each<PlaceName>(['SQLite', 'PostgreSQL and Redis'])(
    'are compared once, and from then on known by a fast digest in every process, in %s',
    async (place) => {
      const foreignFormats = [{ ...format, hash: hash as keyof typeof derivedForms }];
      const { one, two } = await start(place, { foreignFormats });
      const [old, unused] = [newOld(), newOld()];
      const makeRow = (each: OldKey): object => ({ ...rowOf(each), hash: makeHash(each.key) });
      expect(await importRows(one, [makeRow(old), makeRow(unused)])).toMatchObject({ imported: 2 });

      const answers = await Promise.all(Array.from({ length: 20 }, async () => send(one, old.key)));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      expect((await send(one, guess(old.visiblePart))).status).toBe(401);
      await eventually(async () => (await send(two, old.key)).status === 200);

      for (const [address, allowed] of [
        ['203.0.113.9', 'invalid_token'],
        ['203.0.113.9', 'too_many_failures'],
      ] as const) {
        expect(await verify(one, guess(unused.visiblePart), address)).toMatchObject({ code: allowed });
      }
      expect(await verify(one, unused.key)).toMatchObject({ allowed: true });
      await untilNothingIsHeldUp(two, unused.visiblePart, 3);
    },
  );
});

describe('secrets that bcrypt would cut off', () => {
  it('are refused, also the one whose hash was imported', async () => {
    const { one } = await start();
    const long = newOld(80);
    await importRows(one, [rowOf(long)]);
    expect(await verify(one, long.key)).toMatchObject({ code: 'invalid_token' });
    const cut = `${long.key.slice(0, 72)}${'x'.repeat(10)}`;
    expect(await verify(one, cut, '198.51.100.7')).toMatchObject({ code: 'invalid_token' });
  });
});

describe('what is wrong', () => {
  it.each([true, false])(
    'is a row whose visiblePart another key has, in the same import or an earlier one (dry run: %p)',
    async (dryRun) => {
      const { one } = await start();
      const [first, second, third] = [newOld(), newOld(), newOld()];
      const { visiblePart } = first;
      const importAgain = async (rows: readonly unknown[]) =>
        one.apiKeys.keys.as(theApp).import({ format: format.name, dryRun, rows } as never);
      const rows = [rowOf(first), rowOf(first), rowOf({ ...second, visiblePart }), rowOf(third)];
      // The same row twice is the same key; bcrypt makes another hash each time.
      const report = await importAgain([rows[0], rows[0], rows[2], rows[3]]);
      expect(report).toMatchObject({ imported: 2, alreadyImported: 1, invalid: 1 });
      expect(report.problems).toMatchObject([{ row: 3, field: 'visiblePart' }]);
      await importRows(one, [rows[0]]);
      // It may be the same key, hashed again.
      const later = await importAgain([rows[0], rows[1], { ...rows[0], ownerId: 'bob' }]);
      expect(later).toMatchObject({ imported: 0, alreadyImported: 2, invalid: 1 });
      expect(later.problems.map(({ row, field }) => `${row} ${field}`)).toEqual(['2 hash', '3 ownerId']);
    },
  );

  it('is no row of a key that was used, and one of a key that was rotated cannot be told', async () => {
    const { one } = await start();
    const old = newOld();
    const row = rowOf(old);
    await importRows(one, [row]);
    expect(await verify(one, old.key)).toMatchObject({ allowed: true });
    expect(await importRows(one, [row])).toMatchObject({ alreadyImported: 1, invalid: 0 });
    const keys = one.apiKeys.keys.as(theApp);
    const { items } = await keys.list({});
    const id = items[0]?.id ?? '';
    await keys.rotate({ id });
    expect(await importRows(one, [row, rowOf(old)])).toMatchObject({ alreadyImported: 2, invalid: 0 });
  });

  it('is a value that got lost on its way, which would let more in', async () => {
    const { one } = await start();
    const lost = { expiresAt: undefined, enabled: undefined, ipAllowlist: undefined, description: undefined };
    const report = await importRows(one, [rowOf(newOld(), lost)]);
    expect(report).toMatchObject({ imported: 0, invalid: 1 });
    expect(report.problems.map(({ field }) => field)).toEqual(['expiresAt', 'enabled', 'ipAllowlist']);
  });

  it('is an age beyond the longest lifetime where that applies to all keys', async () => {
    const policy = { maxLifetimeDays: 365, enforceOnExisting: true };
    const { one } = await start('a store in memory', { policy });
    const createdAt = new Date(Date.UTC(2023, 0, 1));
    const ended = { createdAt, expiresAt: new Date(Date.UTC(2024, 0, 1)) };
    const kept = newOld();
    const report = await importRows(one, [
      rowOf(newOld(), { createdAt }),
      rowOf(newOld(), ended),
      rowOf(kept),
    ]);
    expect(report).toMatchObject({ imported: 2, problems: [{ row: 1, field: 'createdAt' }] });
    expect(await verify(one, kept.key)).toMatchObject({ allowed: true });
  });

  it.each(['pbkdf2_sha256$1000$sa\0lt$', 'pbkdf2_sha256$1000$sa\ud800lt$'])(
    'is a salt that no database stores: %j',
    async (beginning) => {
      const { one } = await start('SQLite', { foreignFormats: [{ ...format, hash: 'pbkdf2' }] });
      const hash = beginning + Buffer.alloc(32, 1).toString('base64');
      const right = derivedForms.pbkdf2('x');
      const rows = [hash, right].map((each) => ({ ...rowOf(newOld()), hash: each }));
      expect(await importRows(one, rows)).toMatchObject({
        ...{ imported: 1, problems: [{ row: 1, field: 'hash' }] },
      });
    },
  );

  it('with rows is reported', async () => {
    const { one } = await start();
    const row = rowOf(newOld());
    const report = await importRows(one, [
      { ...row, hash: 'x' },
      { ...row, hash: row.hash.replace('$04$', '$31$') },
      { ...row, visiblePart: undefined },
      { ...row, key: 'sk_00000000_aaaaaaaaaaaaaaaaaaaaaaaaaa', hash: undefined },
    ]);
    expect(report.problems.map(({ row: number, field }) => `${number} ${field}`)).toEqual([
      '1 hash',
      '2 hash',
      '3 visiblePart',
      '4 key',
    ]);
  });

  it.each([
    ['scrypt', '$scrypt$ln=14,r=8,p=1$', /ln=17 for r=8, p=1$/],
    ['pbkdf2', 'pbkdf2_sha256$9999999$', /at most 2,000,000 iterations \(1,000,000 of SHA-512\)$/],
  ] as const)('with a row of %s is reported', async (hash, beginning, message) => {
    const { one } = await start('a store in memory', { foreignFormats: [{ ...format, hash }] });
    const row = rowOf(newOld());
    const rows = [row, { ...row, hash: `${beginning}c2FsdHNhbHQ$${'A'.repeat(12)}` }];
    const { problems, imported } = await importRows(one, rows);
    expect(imported).toBe(0);
    expect(problems).toEqual(
      [1, 2].map((number) => ({
        row: number,
        field: 'hash',
        message: expect.stringMatching(message) as string,
      })),
    );
  });

  it.each<readonly [object, RegExp]>([
    [{ hash: 'bcrypt' }, /idOf: is required with bcrypt/],
    [{ hash: 'scrypt' }, /idOf: is required with scrypt/],
    [{ hash: 'pbkdf2', idOf: () => '', hmacSecret: 'x' }, /pbkdf2 takes no/],
    [{ hash: 'argon2id' }, hasArgon2 ? /idOf: is required/ : /argon2id needs Node.js 24.7/],
    [{ hash: 'bcrypt', idOf: () => '', saltBefore: 'x' }, /bcrypt takes no/],
  ])('with a format %j is refused at start', (more, message) => {
    const { defaults } = createTestParts({});
    const foreignFormats = [{ name: 'old', pattern: /^old_[a-z]{20}$/, ...more }];
    expect(() => createApiKeys({ ...defaults, scopes, foreignFormats } as never)).toThrow(message);
  });
});
