import { createHash, createHmac, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import express from 'express';
import request from 'supertest';
import { createApiKeys, type ApiKeysOptions } from '../../lib/index.js';
import { createSampleEvent } from '../../lib/store/sample-keys.js';
import { fixedClock, memoryStore } from '../../lib/testing/index.js';
import { createTestParts, scopes, testPepper, type Scope, type TestInstance } from '../harness/instance.js';
import { makeEffective } from '../harness/make-effective.js';
import { openPlace, startTwoInstances, type PlaceName, type TwoInstances } from '../harness/open-place.js';
import { theApp } from '../harness/the-app.js';
import { startTokenApp, type TokenApp } from '../tokens/token-app.js';

const places: readonly PlaceName[] = ['a store in memory', 'SQLite', 'PostgreSQL', 'PostgreSQL and Redis'];

const foreignFormats = [
  { name: 'plain', pattern: /^old_[A-Za-z0-9_-]{32}$/ },
  { name: 'salted', pattern: /^salted_[0-9a-f]{32}$/, hash: 'sha512', saltBefore: 'pre', saltAfter: 'post' },
  { name: 'hmac', pattern: /^mac_[0-9a-f]{32}$/, hash: 'sha384', hmacSecret: 'secret of the old system' },
  {
    name: 'sanctum',
    pattern: /^\d{1,12}\|[A-Za-z0-9]{40}$/,
    secretOf: (key: string) => key.slice(key.indexOf('|') + 1),
  },
  // Keys that begin as ours do now.
  { name: 'elder', pattern: /^acme_live_[0-9a-f]{24}$/ },
] as const satisfies ApiKeysOptions['foreignFormats'];

const dayMs = 24 * 60 * 60 * 1000;
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const newOld = (): string => `old_${randomBytes(24).toString('base64url')}`;
const rowOf = (key: string, fields: object = {}) => ({
  ...{ key, ownerId: 'alice', name: 'Old', scopes: ['orders:read'] as Scope[] },
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
  const both = await startTwoInstances(place, { foreignFormats, ...options });
  running.push(both);
  return both;
}

function appOf({ apiKeys }: Pick<TestInstance, 'apiKeys'>): express.Express {
  return express().get('/orders', apiKeys.requireApiKey('orders:read'), (req, res) => {
    const { id, ownerId, name } = apiKeys.apiKeyOf(req);
    res.json({ id, ownerId, name });
  });
}

const send = async (instance: Pick<TestInstance, 'apiKeys'>, key: string) =>
  request(appOf(instance)).get('/orders').set('X-API-Key', key);

async function importRows(
  { apiKeys }: Pick<TestInstance, 'apiKeys'>,
  format: string,
  rows: Iterable<unknown> | AsyncIterable<unknown>,
  more: object = {},
) {
  return apiKeys.keys.as({ kind: 'admin', id: 'root' }).import({ format, rows, ...more } as never);
}

/** Until a condition holds, for what other processes learn with a delay. */
async function eventually(check: () => Promise<boolean>): Promise<void> {
  for (let left = 500; left > 0 && !(await check()); left -= 1) await sleep(50);
  expect(await check()).toBe(true);
}

describe.each(places)('imported keys in %s', (place) => {
  it('are accepted by every process as their clients have always sent them', async () => {
    const { one, two } = await start(place);
    const key = newOld();
    expect((await send(two, key)).status).toBe(401);

    const report = await importRows(one, 'plain', [rowOf(key)]);
    expect(report).toEqual({ rows: 1, imported: 1, alreadyImported: 0, invalid: 0, problems: [] });
    const answer = await send(one, key);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ ownerId: 'alice', name: 'Old' });
    await eventually(async () => (await send(two, key)).status === 200);
    expect((await send(one, newOld())).status).toBe(401);
    expect((await send(one, `${key}x`)).status).toBe(401);
  });

  it('end like any other key: revocation, suspension, disabling, expiry', async () => {
    const { one, two } = await start(place);
    const [revoked, disabled, ended] = [newOld(), newOld(), newOld()];
    await importRows(one, 'plain', [
      rowOf(revoked),
      rowOf(disabled, { enabled: false }),
      rowOf(ended, { expiresAt: '2020-01-01T00:00:00Z' }),
    ]);
    expect((await send(one, disabled)).body).toMatchObject({ code: 'key_disabled' });
    expect((await send(one, ended)).body).toMatchObject({ code: 'key_expired' });

    const { id } = (await send(one, revoked)).body as { id: string };
    await eventually(async () => (await send(two, revoked)).status === 200);
    await makeEffective(() => one.apiKeys.keys.as(theApp).revoke({ id }), one.clock);
    for (const each of [one, two])
      expect((await send(each, revoked)).body).toMatchObject({ code: 'key_revoked' });
  });

  it('rotate into our own format under the same id, and the old string ends as a superseded secret', async () => {
    const { one, two } = await start(place);
    const key = newOld();
    await importRows(one, 'plain', [rowOf(key)]);
    const { id } = (await send(one, key)).body as { id: string };

    const keys = one.apiKeys.keys.as(theApp);
    const rotated = await keys.rotate({ id, gracePeriodSeconds: 3600 });
    expect(rotated.id).toBe(id);
    expect(rotated.key).toMatch(/^acme_live_/);
    const inGrace = await send(one, key);
    expect(inGrace.status).toBe(200);
    expect(inGrace.headers).toHaveProperty('deprecation');
    for (const each of [one, two]) expect((await send(each, rotated.key)).body).toMatchObject({ id });

    await makeEffective(() => keys.rotate({ id }), one.clock);
    for (const each of [one, two]) {
      expect((await send(each, key)).body).toMatchObject({ code: 'secret_rotated' });
    }
  });

  it('are imported once, however often and from however many processes it is done', async () => {
    const { one, two } = await start(place);
    const rows = Array.from({ length: 60 }, () => rowOf(newOld()));
    const twice = [...rows, ...rows.slice(0, 5)];
    const reports = await Promise.all([one, two].map(async (each) => importRows(each, 'plain', twice)));
    expect(reports.map(({ rows: count }) => count)).toEqual([65, 65]);
    expect(reports.reduce((sum, { imported }) => sum + imported, 0)).toBe(60);
    expect(reports.reduce((sum, { alreadyImported }) => sum + alreadyImported, 0)).toBe(70);

    const again = await importRows(one, 'plain', twice);
    expect(again).toMatchObject({ imported: 0, alreadyImported: 65 });
    const { items } = await one.apiKeys.keys.as(theApp).list({ ownerId: 'alice', limit: 100 });
    expect(items).toHaveLength(60);
    const events = await one.apiKeys.audit.as(theApp).list({ action: 'key.imported', limit: 100 });
    expect(events.items).toHaveLength(60);
    expect(events.items[0]).toMatchObject({ actor: { kind: 'admin', id: 'root' } });
    expect((await one.apiKeys.audit.as(theApp).verify()).valid).toBe(true);
  });

  it('have everything that a row says', async () => {
    const { one } = await start(place);
    const key = newOld();
    const row = rowOf(key, {
      description: 'Nightly',
      metadata: { oldId: 17 },
      tags: ['moved'],
      ipAllowlist: ['192.0.2.7'],
      rateLimits: [{ name: 'minute', limit: 5, windowSeconds: 60 }],
      credits: { remaining: 9 },
      createdAt: new Date('2021-02-03T04:05:06Z'),
      lastUsedAt: '2026-05-01T00:00:00Z',
      expiresAt: '2031-01-01T00:00:00Z',
      lastFour: 'abcd',
    });
    await importRows(one, 'plain', [row]);
    const [shown] = (await one.apiKeys.keys.as(theApp).list({ ownerId: 'alice' })).items;
    expect(shown).toMatchObject({
      description: 'Nightly',
      metadata: { oldId: 17 },
      tags: ['moved'],
      ipAllowlist: ['192.0.2.7'],
      rateLimits: [{ name: 'minute', limit: 5, windowSeconds: 60 }],
      credits: { remaining: 9 },
      createdAt: new Date('2021-02-03T04:05:06Z'),
      lastUsedAt: new Date('2026-05-01T00:00:00Z'),
      expiresAt: new Date('2031-01-01T00:00:00Z'),
      hint: '…abcd',
      state: 'active',
    });
  });
});

describe('the formats of hashes', () => {
  const secret = 'a'.repeat(32);
  const cases = [
    ['plain', `old_${secret}`, createHash('sha256').update(`old_${secret}`).digest()],
    ['salted', `salted_${secret}`, createHash('sha512').update(`presalted_${secret}post`).digest()],
    [
      'hmac',
      `mac_${secret}`,
      createHmac('sha384', 'secret of the old system').update(`mac_${secret}`).digest(),
    ],
    ['sanctum', `12|${'B'.repeat(40)}`, createHash('sha256').update('B'.repeat(40)).digest()],
    [
      'elder',
      `acme_live_${'0f'.repeat(12)}`,
      createHash('sha256')
        .update(`acme_live_${'0f'.repeat(12)}`)
        .digest(),
    ],
  ] as const;

  it.each(
    cases.flatMap((each) =>
      (['hex', 'base64', 'base64url'] as const).map((text) => [...each, text] as const),
    ),
  )('%s: %s is found by its hash %j in %s', async (format, key, hash, encoding) => {
    const { one } = await start();
    const { key: _key, ...rest } = rowOf(key);
    const stored = { ...rest, hash: hash.toString(encoding) };
    expect(await importRows(one, format, [stored])).toMatchObject({ imported: 1 });
    expect((await send(one, key)).status).toBe(200);
    // The same key as its client sends it.
    expect(await importRows(one, format, [rowOf(key)])).toMatchObject({ imported: 0, alreadyImported: 1 });
  });
});

describe('rows that are wrong', () => {
  it('are reported by row and field, say what to write, and never show what was there', async () => {
    const { one } = await start();
    const secret = `old_${'S'.repeat(31)}`;
    const own = await one.key();
    const rows = [
      rowOf(newOld()),
      rowOf(secret),
      rowOf(newOld(), { scopes: ['orders:delete'], createdAt: new Date('2999-01-01') }),
      { hash: 'zz', ownerId: 'a', name: 'n', scopes: [] },
      { ownerId: 'a', name: 'n', scopes: [] },
      { ...rowOf(newOld()), secret: 'x' },
      'old_string',
      rowOf(own.token),
    ];
    for (const dryRun of [true, false]) {
      const report = await importRows(one, 'plain', rows, { dryRun });
      expect(report).toMatchObject({ rows: 8, imported: 1, alreadyImported: 0, invalid: 7 });
      expect(report.problems.map(({ row, field }) => `${row} ${field}`)).toEqual([
        '2 key',
        '3 scopes',
        '3 createdAt',
        '4 hash',
        '5 key',
        '6 secret',
        '7 row',
        '8 key',
      ]);
      expect(JSON.stringify(report)).not.toMatch(/SSSS|zz|old_string/);
    }
    expect((await send(one, secret)).status).toBe(401);
  });

  it('write nothing in a dry run', async () => {
    const { one } = await start();
    const key = newOld();
    expect(await importRows(one, 'plain', [rowOf(key), rowOf(key)], { dryRun: true })).toMatchObject({
      imported: 1,
      alreadyImported: 1,
    });
    expect((await one.apiKeys.keys.as(theApp).list({})).items).toEqual([]);
    expect((await send(one, key)).status).toBe(401);
  });
});

describe('an import', () => {
  it('is for admins and the app itself, who must be named', async () => {
    const { one } = await start();
    const input = { format: 'plain', rows: [rowOf(newOld())] };
    const asOwner = one.apiKeys.keys.as({ kind: 'owner', ownerId: 'alice' });
    await expect(asOwner.import(input)).rejects.toMatchObject({ code: 'ERR_API_KEYS_FORBIDDEN' });
    await expect(one.apiKeys.keys.import(input, {} as never)).rejects.toThrow(/say who acts/);
    await expect(importRows(one, 'plian', [])).rejects.toThrow(/did you mean 'plain'/);
    await expect(one.apiKeys.keys.as(theApp).import({ format: 'plain' } as never)).rejects.toThrow(
      /rows: takes/,
    );
  });

  it('that stops half-way is finished by running it again', async () => {
    const { one } = await start('SQLite');
    const rows = Array.from({ length: 100 }, () => rowOf(newOld()));
    const seen: number[] = [];
    const stop = (progress: { imported: number }): void => {
      seen.push(progress.imported);
      if (progress.imported >= 40) throw new Error('stopped');
    };
    await expect(importRows(one, 'plain', rows, { onProgress: stop })).rejects.toThrow('stopped');
    expect(seen).toEqual([20, 40]);
    async function* streamed() {
      yield* rows;
    }
    expect(await importRows(one, 'plain', streamed())).toMatchObject({ imported: 60, alreadyImported: 40 });
    for (const { key } of [rows[0]!, rows[99]!]) expect((await send(one, key)).status).toBe(200);
  });

  it('does not bring back a key that was removed', async () => {
    const { one } = await start('SQLite', { retention: { endedKeysDays: 1 } });
    const key = newOld();
    await importRows(one, 'plain', [rowOf(key)]);
    const { id } = (await send(one, key)).body as { id: string };
    await one.apiKeys.keys.as(theApp).revoke({ id });
    expect(await importRows(one, 'plain', [rowOf(key)])).toMatchObject({ imported: 0, alreadyImported: 1 });
    expect((await send(one, key)).body).toMatchObject({ code: 'key_revoked' });
  });

  it.each(places.slice(0, 3))(
    'does not bring back a key of which nothing is left in %s, under a new pepper either',
    async (name) => {
      const place = await openPlace(name);
      const [key, other] = [newOld(), newOld()];
      const before = place.make({ foreignFormats });
      await importRows(before, 'plain', [rowOf(key)]);
      const { id } = (await send(before, key)).body as { id: string };
      await before.apiKeys.keys.as(theApp).revoke({ id });
      await before.apiKeys.close();
      const later = place.make({
        foreignFormats,
        clock: fixedClock(before.clock.now() + 40 * dayMs),
        pepper: ['another pepper, of at least 32 bytes', testPepper],
        retention: { endedKeysDays: 30 },
      });
      await later.apiKeys.ready();
      await eventually(async () => (await later.apiKeys.keys.as(theApp).get({ id })) === null);
      const rows = [rowOf(key), rowOf(other)];
      for (const dryRun of [true, false]) {
        expect(await importRows(later, 'plain', rows, { dryRun })).toMatchObject({
          ...{ imported: 1, alreadyImported: 1, invalid: 0 },
        });
      }
      expect((await send(later, key)).status).toBe(401);
      expect((await send(later, other)).status).toBe(200);
      await later.apiKeys.close();
      await place.remove();
    },
  );

  it('goes on where a key was removed, and the entry that says so was removed since', async () => {
    const store = memoryStore();
    const { one } = await start('a store in memory', { store: { ...store, listEvents: async () => [] } });
    const keys = [newOld(), newOld()];
    await importRows(one, 'plain', [rowOf(keys[0]!)]);
    const { id } = (await send(one, keys[0]!)).body as { id: string };
    const record = await store.find(id);
    await store.transact(async (transaction) =>
      transaction.remove(
        { id, version: 1 },
        createSampleEvent(record!, { action: 'key.removed', keyVersion: 2 }),
      ),
    );
    expect(
      await importRows(
        one,
        'plain',
        keys.map((key) => rowOf(key)),
      ),
    ).toMatchObject({
      ...{ imported: 1, alreadyImported: 1 },
    });
    expect((await send(one, keys[1]!)).status).toBe(200);
  });
});

describe('strings of another system', () => {
  it('are told apart from our own, whose prefix they may have', async () => {
    const { one } = await start();
    const elder = `acme_live_${'a1'.repeat(12)}`;
    await importRows(one, 'elder', [rowOf(elder)]);
    const own = await one.key();
    expect((await send(one, elder)).status).toBe(200);
    expect((await send(one, own.token)).status).toBe(200);
  });

  it('belong to one environment', async () => {
    const { one } = await start();
    const key = newOld();
    await importRows(one, 'plain', [rowOf(key, { environment: 'test' })]);
    expect((await send(one, key)).status).toBe(401);
  });

  it('need the pepper that they were imported under, and none of the digests of the old system', async () => {
    const place = await openPlace('SQLite');
    const key = newOld();
    const before = place.make({ foreignFormats });
    await importRows(before, 'plain', [rowOf(key)]);
    await before.apiKeys.close();
    const statuses = [];
    for (const pepper of [
      ['another pepper, of at least 32 bytes', testPepper],
      ['another pepper, of at least 32 bytes'],
    ]) {
      const instance = place.make({ foreignFormats, pepper });
      await instance.apiKeys.ready();
      statuses.push((await send(instance, key)).status);
      if (pepper.length === 2) {
        expect(await importRows(instance, 'plain', [rowOf(key)])).toMatchObject({ alreadyImported: 1 });
      }
      await instance.apiKeys.close();
    }
    await place.remove();
    expect(statuses).toEqual([200, 401]);
  });

  it('are refused without a read when they have no format, and with one read when they are unknown', async () => {
    const store = memoryStore();
    const find = jest.spyOn(store, 'find');
    const { one } = await start('a store in memory', { store });
    await one.apiKeys.ready();
    find.mockClear();
    for (const junk of ['old_short', 'x'.repeat(600), `old_${'!'.repeat(32)}`]) {
      expect((await send(one, junk)).status).toBe(401);
    }
    expect(find).not.toHaveBeenCalled();
    const unknown = newOld();
    for (let time = 0; time < 3; time += 1) expect((await send(one, unknown)).status).toBe(401);
    expect(find).toHaveBeenCalledTimes(1);
  });

  it('use up the failure budget, and a right one is accepted all the same', async () => {
    const { one } = await start('SQLite', { failureBudget: { failures: 3, windowSeconds: 60 } });
    const key = newOld();
    await importRows(one, 'plain', [rowOf(key)]);
    const statuses: number[] = [];
    for (let time = 0; time < 5; time += 1) statuses.push((await send(one, newOld())).status);
    expect(statuses).toEqual([401, 401, 401, 429, 429]);
    expect((await send(one, key)).status).toBe(200);
  });

  it('are redacted, kept out of request ids, and are not left to other authentication', async () => {
    const { one, two } = await start('a store in memory', {
      foreignFormats: [
        { name: 'uuid', pattern: /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/ },
      ],
    });
    const key = 'a1b2c3d4-0000-4000-8000-0123456789ab';
    expect(one.apiKeys.redact(`GET /orders?key=${key}&x=1`)).toBe('GET /orders?key=[redacted]&x=1');
    await importRows(one, 'uuid', [rowOf(key)]);

    const fallback = jest.fn<void, [express.Request, express.Response]>(
      (_req, res) => void res.status(418).end(),
    );
    const app = express()
      .get(
        '/orders',
        one.apiKeys.requireApiKey('orders:read', { fallback }),
        (_req, res) => void res.json([]),
      )
      .get('/write', one.apiKeys.requireApiKey('orders:write'), (_req, res) => void res.json([]));
    expect((await request(app).get('/orders').set('X-API-Key', key)).status).toBe(200);
    expect(fallback).not.toHaveBeenCalled();
    await request(app).get('/write').set('X-API-Key', key).set('X-Request-Id', key);
    // What was noted is written as the process ends.
    await one.apiKeys.close();
    const { items } = await two.apiKeys.audit.as(theApp).listAccess({});
    expect(items.map(({ requestId }) => requestId)).toEqual([null]);
    expect(JSON.stringify(items)).not.toContain(key);
  });
});

describe('imported keys that look like JWTs, with the option tokens', () => {
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const keys = [
    ['JSON in base64', encode({ customer: 17, nonce: 'a1b2c3d4e5f6' })],
    ['a JWT', `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode({ sub: 'alice' })}.c2lnbmF0dXJl`],
    [
      'an access token of another system',
      `${encode({ alg: 'EdDSA', typ: 'at+jwt', kid: 'old' })}.${encode({ sub: 'alice' })}.c2lnbmF0dXJl`,
    ],
  ] as const;
  const options = {
    foreignFormats: [{ name: 'legacy', pattern: /^eyJ[A-Za-z0-9_.-]{17,509}$/ }],
    failureBudget: { failures: 3, windowSeconds: 60 },
  } as const;
  let app: TokenApp;
  beforeEach(async () => {
    app = await startTokenApp(options);
  });
  afterEach(() => app.close());

  it.each(keys)('are accepted by every door: %s', async (_name, key) => {
    const { apiKeys } = app;
    await importRows(app, 'legacy', [rowOf(key)]);
    const doors = express()
      .use('/auth', apiKeys.forwardAuthRouter({ scopes: 'orders:read' }))
      .use('/mcp', apiKeys.mcpGuard({ scopes: 'orders:read' }), (_req, res) => void res.json({}));
    const headers = { authorization: `Bearer ${key}` };
    // More often than a network may fail.
    for (let time = 0; time < 5; time += 1) {
      expect((await app.use(key)).status).toBe(200);
      expect(await apiKeys.keys.verify({ key, scopes: 'orders:read' })).toMatchObject({ allowed: true });
      const verdict = await apiKeys.keys.verifyRequest({ headers }, { scopes: 'orders:read' });
      expect(verdict).toMatchObject({ allowed: true });
      expect((await request(doors).get('/mcp').set(headers)).status).toBe(200);
      const original = { 'X-Original-Method': 'GET', 'X-Original-URI': '/orders' };
      expect(
        (
          await request(doors)
            .get('/auth')
            .set({ ...headers, ...original })
        ).status,
      ).toBeLessThan(300);
    }
    expect((await app.use(key, '/write')).body).toMatchObject({ code: 'insufficient_scope' });
  });

  it('leave access tokens of this instance valid, and a wrong one is one failed attempt', async () => {
    const short = await app.token(await app.key(), { scope: 'orders:read' });
    for (let time = 0; time < 5; time += 1) expect((await app.use(short)).status).toBe(200);
    const statuses: number[] = [];
    for (const [, key] of [...keys, ...keys]) statuses.push((await app.use(`${key}x`)).status);
    expect(statuses).toEqual([401, 401, 401, 429, 429, 429]);
    expect((await app.use(short)).status).toBe(200);
    // Beyond 512 characters it would not be looked at.
    expect(short.length).toBeLessThan(512);
  });
});

describe('the option foreignFormats', () => {
  const make =
    (...formats: object[]) =>
    () => {
      const { defaults } = createTestParts({});
      return createApiKeys({ ...defaults, scopes, foreignFormats: formats as never });
    };
  it.each<readonly [RegExp, RegExp]>([
    [/^a{3}/, /begin with \^ and end with \$/],
    [/a{3}$/, /begin with/],
    [/^a{3}\$/, /begin with/],
    [/^sk_.+$/, /bound every repetition/],
    [/^sk_[a-z]{20,}$/, /bound every repetition/],
    [/^(?:[a-z]{2}){20}$/, /not repeat a group/],
    [/^(?=a)a$/, /look around/],
    [/^a{2}|b{2}$/, /alternatives in a group/],
    [/^[a-z]{1,100}[a-z]{1,100}!$/, /too many ways/],
    [/^sk_[a-z]{20}$/g, /no flags/],
    [/^(a)\1$/, /refer back/],
    [/^acme_live_[0-9A-Za-z]{65}$/, /also matches keys of the keyspace 'default'/],
    [/^[0-9A-Za-z_]{60,90}$/, /also matches keys/],
  ])('refuses the pattern %s', (pattern, message) => {
    expect(make({ name: 'old', pattern })).toThrow(message);
  });
  it.each<readonly [object, RegExp]>([
    [{ pattern: /^a$/ }, /name: takes/],
    [{ name: 'old', pattern: '^a$' }, /pattern: takes a regular expression/],
    [{ name: 'old', pattern: /^a$/, hash: 'md5' }, /hash: takes 'sha256'/],
    [{ name: 'old', pattern: /^a$/, salt: 'x' }, /unknown option "salt"/],
  ])('refuses %j', (format, message) => {
    expect(make(format)).toThrow(message);
  });
  it('refuses a name twice, and accepts one pattern twice', () => {
    const pattern = /^old_[a-z]{9}$/;
    expect(make({ name: 'a', pattern }, { name: 'a', pattern })).toThrow(/twice/);
    expect(make({ name: 'a', pattern }, { name: 'b', pattern, hash: 'sha512' })).not.toThrow();
  });
  it('refuses an import without it', async () => {
    const { defaults } = createTestParts({});
    const apiKeys = createApiKeys({ ...defaults, scopes });
    await expect(apiKeys.keys.as(theApp).import({ format: 'a', rows: [] })).rejects.toThrow(/foreignFormats/);
    await apiKeys.close();
  });
});

it('hashes of the old system are not stored as they are', async () => {
  const store = memoryStore();
  const { one } = await start('a store in memory', { store });
  const key = newOld();
  await importRows(one, 'plain', [rowOf(key)]);
  const { id } = (await send(one, key)).body as { id: string };
  const record = JSON.stringify(await store.find(id));
  expect(record).not.toContain(key);
  expect(record).not.toContain(sha256(key));
});
