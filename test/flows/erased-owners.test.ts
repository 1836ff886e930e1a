import express, { type Express } from 'express';
import { Redis } from 'ioredis';
import request from 'supertest';
import type { Actor, KeyEvent } from '../../lib/index.js';
import { memoryStore } from '../../lib/testing/index.js';
import { createInstance, type TestInstance } from '../harness/instance.js';
import { makeOwnDatabase } from '../harness/own-database.js';
import { theApp } from '../harness/the-app.js';

const redisUrl = process.env['TEST_REDIS_URL'] ?? '';

interface Place {
  readonly make: () => TestInstance;
  /** All rows and values that are stored, as text. */
  readonly dump: () => Promise<string>;
  readonly remove: () => Promise<void>;
}

async function openDatabase(kind: 'SQLite' | 'PostgreSQL', hasRedis: boolean): Promise<Place> {
  const database = await makeOwnDatabase(kind);
  const keyPrefix = `erased-${Math.random()}:`;
  const redis = hasRedis ? { redis: { client: redisUrl, keyPrefix } } : {};
  return {
    make: () => createInstance({ database: database.url, ...redis }),
    dump: async () => `${await dumpTables(database.url)}${hasRedis ? await dumpRedis(keyPrefix) : ''}`,
    remove: () => database.remove(),
  };
}

async function dumpTables(url: string): Promise<string> {
  if (url.startsWith('file:')) {
    const { default: Libsql } = await import('libsql');
    const database = new Libsql(url.slice('file:'.length));
    const tables = database.prepare("select name from sqlite_master where type = 'table'").all() as {
      name: string;
    }[];
    const rows = tables.map(({ name }) => database.prepare(`select * from "${name}"`).all());
    database.close();
    return JSON.stringify(rows);
  }
  const { Client } = await import('pg');
  const client = new Client({ connectionString: url });
  await client.connect();
  const { rows: tables } = await client.query<{ name: string }>(
    "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = 'api_keys'",
  );
  const rows: unknown[] = [];
  for (const { name } of tables) rows.push((await client.query(`select * from ${name}`)).rows);
  await client.end();
  return JSON.stringify(rows);
}

async function dumpRedis(prefix: string): Promise<string> {
  const redis = new Redis(redisUrl);
  const names = await redis.keys(`${prefix}*`);
  const values = await Promise.all(
    names.map(async (name) => `${name} ${await redis.get(name).catch(() => '')}`),
  );
  redis.disconnect();
  return values.join('\n');
}

const places: readonly [string, () => Promise<Place>][] = [
  [
    'a store in memory',
    async () => {
      const store = memoryStore();
      const dump = async () =>
        JSON.stringify([
          await store.list({ now: 0, limit: 999 }),
          await store.listEvents({ limit: 999 }),
          await store.accessLog.list({ limit: 999 }),
          await store.owners.list({ limit: 999 }),
        ]);
      return { make: () => createInstance({ store }), dump, remove: async () => undefined };
    },
  ],
  ['SQLite', () => openDatabase('SQLite', false)],
  ['PostgreSQL', () => openDatabase('PostgreSQL', false)],
  ['PostgreSQL and Redis', () => openDatabase('PostgreSQL', true)],
];

/** What alice has told, and where she was; and what names nobody. */
const personal = {
  name: 'Laptop of Alice Liddell',
  description: 'From Wonderland Lane 7',
  metadata: { mail: 'alice@wonderland.example' },
  tags: ['liddell'],
  ipAllowlist: ['203.0.113.77', '127.0.0.1', '::1'],
};
const texts = [
  'Liddell',
  'liddell',
  'Wonderland',
  'wonderland',
  '203.0.113.77',
  'req-of-alice',
  'Unpaid',
  'too curious',
];

function createApp({ apiKeys }: TestInstance, actor: () => Actor): Express {
  const app = express();
  app.set('trust proxy', 1);
  app.use('/api-keys', apiKeys.adminRouter({ authorize: actor }));
  app.get('/orders', apiKeys.requireApiKey('orders:read'), (_req, res) => void res.json([]));
  return app;
}

describe.each(places)('an erased owner, on %s', (name, open) => {
  let place: Place;
  let one: TestInstance;
  let two: TestInstance;
  let actor: Actor;
  let apps: readonly [Express, Express];
  const alice: Actor = {
    kind: 'owner',
    ownerId: 'alice',
    memberId: 'liddell-1',
    memberName: 'Alice Liddell',
  };
  const admin: Actor = { kind: 'admin', id: 'olga' };

  beforeEach(async () => {
    place = await open();
    [one, two] = [place.make(), place.make()];
    await one.apiKeys.ready();
    await two.apiKeys.ready();
    apps = [createApp(one, () => actor), createApp(two, () => actor)];
  });

  afterEach(async () => {
    await Promise.all([one.apiKeys.close(), two.apiKeys.close()]);
    await place.remove();
  });

  const send = (app: Express, method: 'post' | 'get' | 'delete', path: string, who: Actor, body?: object) => {
    actor = who;
    const isAlice = who.kind === 'owner';
    const sent = request(app)
      [method](path)
      .set({
        'X-Forwarded-For': isAlice ? '203.0.113.77' : '198.51.100.1',
        'X-Request-Id': isAlice ? 'req-of-alice' : 'req-of-admin',
        'Sec-Fetch-Site': 'same-origin',
      });
    return body === undefined ? sent : sent.send(body);
  };
  const use = (app: Express, token: string, address = '203.0.113.77') =>
    request(app).get('/orders').set({ 'X-API-Key': token, 'X-Forwarded-For': address });

  /** Leaves traces of alice everywhere, and returns the tokens of her keys. */
  async function live(): Promise<readonly string[]> {
    const tokens: string[] = [];
    for (let index = 0; index < 3; index += 1) {
      const body = { ...personal, scopes: index === 2 ? [] : ['orders:read'] };
      const created = await send(apps[0], 'post', '/api-keys/keys', alice, body).expect(201);
      tokens.push(String(created.body.key));
      for (const app of apps) await use(app, String(created.body.key)).expect(index === 2 ? 403 : 200);
      if (index === 1) {
        const path = `/api-keys/keys/${created.body.id}/revoke`;
        await send(apps[1], 'post', path, alice, { comment: 'too curious' }).expect(200);
      }
    }
    await send(apps[1], 'get', '/api-keys/keys/0000000000000000', alice).expect(404);
    await send(apps[1], 'post', '/api-keys/owners/alice/suspend', admin, {
      suspensionReason: 'Unpaid',
    }).expect(200);
    await one.apiKeys.owners.as(theApp).resume({ ownerId: 'alice' });
    await one.apiKeys.owners.as(theApp).suspend({ ownerId: 'alice', suspensionReason: 'Unpaid' });
    await one.apiKeys.owners.as(theApp).resume({ ownerId: 'alice' });
    return tokens;
  }

  it('has no key that is accepted, and nothing that names a person, anywhere', async () => {
    const tokens = await live();
    const ofBob = await one.key({ ownerId: 'bob', name: 'Of Bob' });
    await use(apps[1], ofBob.token, '198.51.100.9').expect(200);
    expect(await place.dump()).toContain('Alice Liddell');
    const heard: (KeyEvent | null)[] = [];
    two.apiKeys.onChange(ofBob.id, (change) => heard.push(change));

    const { body } = await send(apps[0], 'delete', '/api-keys/owners/alice', admin).expect(200);
    for (const app of apps) {
      for (const token of tokens)
        expect((await use(app, token, '198.51.100.9').expect(401)).body).toMatchObject({
          code: 'key_revoked',
        });
      await use(app, ofBob.token, '198.51.100.9').expect(200);
    }
    expect(body).toMatchObject({ ownerId: 'alice', revokedKeys: 2, removed: { keys: 3, auditEntries: 4 } });
    expect(body.kept.map(({ kind }: { kind: string }) => kind)).toEqual([
      'ownerId',
      'keys',
      'auditEntries',
      'adminAddresses',
    ]);
    // The shutdown writes what waits in memory; nothing of before may come with it.
    await Promise.all([one.apiKeys.close(), two.apiKeys.close()]);
    [one, two] = [place.make(), place.make()];
    const stored = await place.dump();
    for (const text of texts) {
      expect([text, stored.includes(text)]).toEqual([text, false]);
    }
    expect(stored).toContain('Of Bob');
    // That it was created may have reached this process only now.
    expect(heard.filter((change) => change?.action !== 'key.created')).toEqual([]);

    const audit = one.apiKeys.audit.as(theApp);
    expect(await audit.verify()).toMatchObject({ valid: true, erased: 4, problems: [] });
    const { items } = await audit.list({ ownerId: 'alice', limit: 100 });
    expect(items[0]).toMatchObject({ action: 'owner.erased', actor: { kind: 'admin', id: 'olga' } });
    for (const { actor: author, address, requestId, erased } of items) {
      if (author.kind === 'owner')
        expect([address, requestId, erased, author]).toEqual([
          null,
          null,
          true,
          { kind: 'owner', id: 'alice' },
        ]);
    }
    const keys = (await one.apiKeys.keys.as(theApp).list({ ownerId: 'alice' })).items;
    for (const key of keys) {
      expect(key).toMatchObject({
        name: 'Erased',
        description: null,
        metadata: {},
        tags: [],
        state: 'revoked',
      });
      expect(key).toMatchObject({ ipAllowlist: null, lastUsedAddress: null, revocationComment: null });
    }
  });

  it('is erased again, and may come back', async () => {
    await live();
    const owners = two.apiKeys.owners.as(theApp);
    const first = await owners.erase({ ownerId: 'alice' });
    const { version } = await owners.get({ ownerId: 'alice' });
    const again = await owners.erase({ ownerId: 'alice' });
    expect(first.removed.keys).toBe(3);
    expect(again).toMatchObject({ revokedKeys: 0, removed: { keys: 0, auditEntries: 0 }, effectiveBy: null });
    // Each erasure is announced to all processes: what waits in their memory is not known here.
    expect((await owners.get({ ownerId: 'alice' })).version).toBe(version + 1);

    const created = await send(apps[0], 'post', '/api-keys/keys', alice, {
      ...personal,
      scopes: ['orders:read'],
    }).expect(201);
    await use(apps[1], String(created.body.key)).expect(200);
    expect(await one.apiKeys.audit.as(theApp).verify()).toMatchObject({ valid: true, erased: 4 });
    await owners.erase({ ownerId: 'alice' });
    await use(apps[0], String(created.body.key)).expect(401);
    expect((await owners.get({ ownerId: 'alice' })).version).toBe(version + 2);
    expect(await one.apiKeys.audit.as(theApp).verify()).toMatchObject({ valid: true, erased: 5 });
    expect(name).not.toBe('');
  });

  it('is forgotten by other processes also while nothing of it is stored, the first time and again', async () => {
    const owners = one.apiKeys.owners.as(theApp);
    for (let round = 0; round < 2; round += 1) {
      // The entry of the access log waits in the memory of one process.
      await send(apps[1], 'get', '/api-keys/keys/0000000000000000', alice).expect(404);
      expect(await owners.erase({ ownerId: 'alice' })).toMatchObject({ effectiveBy: null });
    }
    await Promise.all([one.apiKeys.close(), two.apiKeys.close()]);
    [one, two] = [place.make(), place.make()];
    const stored = await place.dump();
    for (const text of texts) expect([text, stored.includes(text)]).toEqual([text, false]);
  });

  it('whose uses are recorded when it has come back, also by a process that starts later', async () => {
    await one.key({ ownerId: 'alice' });
    await one.apiKeys.owners.as(theApp).erase({ ownerId: 'alice' });
    const { id, token } = await one.key({ ownerId: 'alice' });
    const late = place.make();
    await late.apiKeys.ready();
    await use(
      createApp(late, () => alice),
      token,
      '203.0.113.5',
    ).expect(200);
    await late.apiKeys.close();
    expect((await one.apiKeys.keys.as(theApp).get({ id }))?.lastUsedAddress).toBe('203.0.113.5');
  });
});

describe('apiKeys.owners.erase', () => {
  it('is not for owners, and expects a version', async () => {
    const { apiKeys, key } = createInstance();
    await apiKeys.ready();
    const { token } = await key();
    await expect(
      apiKeys.owners.as({ kind: 'owner', ownerId: 'alice' } as never).erase({ ownerId: 'alice' }),
    ).rejects.toMatchObject({ code: 'ERR_API_KEYS_FORBIDDEN' });
    await expect(
      apiKeys.owners.as(theApp).erase({ ownerId: 'alice' }, { expectedVersion: 4 }),
    ).rejects.toMatchObject({ code: 'ERR_API_KEYS_PRECONDITION_FAILED' });
    expect((await apiKeys.keys.verify({ key: token })).allowed).toBe(true);
    await apiKeys.close();
  });

  it('continues where a crash left it, with no key that is accepted meanwhile', async () => {
    const steps = ['eraseFromTrail', 'eraseFromAccessLog', 'eraseTraces', 'update', 'putOwner'] as const;
    for (const failing of steps) {
      const store = memoryStore();
      const { apiKeys, key } = createInstance({ store });
      await apiKeys.ready();
      const { token } = await key({ name: 'Of Liddell' });
      const owners = apiKeys.owners.as(theApp);
      let isDown = true;
      const fail = () => Promise.reject(new Error('crashed'));
      if (failing === 'update' || failing === 'putOwner') {
        const { transact } = store;
        let changes = 0;
        Object.assign(store, {
          transact: ((work, queuing) =>
            transact((transaction) => {
              changes += 1;
              // The first change revokes.
              const isBroken = isDown && changes > (failing === 'update' ? 1 : 0);
              if (isBroken) Object.assign(transaction, { [failing]: fail });
              return work(transaction);
            }, queuing)) as typeof transact,
        });
      } else {
        const { [failing]: step } = store.erasure;
        Object.assign(store.erasure, {
          [failing]: (...args: never[]) =>
            isDown ? fail() : (step as (...given: never[]) => unknown)(...args),
        });
      }
      const result = await owners.erase({ ownerId: 'alice' }).catch((error: unknown) => error);
      if (failing !== 'eraseFromTrail') expect(result).toBeInstanceOf(Error);
      expect((await apiKeys.keys.verify({ key: token })).allowed).toBe(false);
      isDown = false;
      await owners.erase({ ownerId: 'alice' });
      expect(JSON.stringify(await store.list({ now: 0, limit: 9 }))).not.toContain('Liddell');
      expect(await apiKeys.audit.as(theApp).verify()).toMatchObject({ valid: true });
      await apiKeys.close();
    }
  });
});
