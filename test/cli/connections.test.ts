import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import request from 'supertest';
import { createApiKeys, type ApiKeys, type ApiKeysOptions } from '../../lib/index.js';
import { makeOwnDatabase, type OwnDatabase } from '../harness/own-database.js';
import { scopes, testPepper, type Scope } from '../harness/instance.js';
import { theApp } from '../harness/the-app.js';
import { makeCommandFolder } from './command-folder.js';
import { anyModule, runHere, type CommandOutcome } from './run-here.js';

jest.setTimeout(60_000);

const token = 'operator-token-operator-token';
let database: OwnDatabase;
let app: ApiKeys<Scope>;
let server: Server;
let url: string;
/** What the server got: methods, paths, and the header that had the credential. */
const requests: string[] = [];

const open = (options: Pick<ApiKeysOptions, 'metrics'> = {}): ApiKeys<Scope> =>
  createApiKeys({
    ...options,
    ...{ prefix: 'acme', scopes, pepper: testPepper, bcryptCost: 8, database: database.url },
    logger: { warn: () => undefined, error: () => undefined },
  });

beforeAll(async () => {
  database = await makeOwnDatabase('PostgreSQL');
  app = open();
  await app.ready();
  const host = express();
  host.get('/moved/keys', (_req, res) => res.redirect(307, '/elsewhere'));
  host.get('/elsewhere', (req, res) => {
    requests.push(`leaked ${String(req.get('authorization'))}`);
    res.json({ items: [], nextCursor: null });
  });
  host.get('/page/keys', (_req, res) => res.send('<html>'));
  host.use('/api-keys', (req, _res, next) => {
    const header = ['authorization', 'x-admin-key'].find((name) => req.get(name) !== undefined);
    requests.push(`${req.method} ${req.path} ${header}`);
    next();
  });
  host.use(
    '/api-keys',
    app.adminRouter({
      authorize: (req) =>
        req.get('authorization') === `Bearer ${token}` || req.get('x-admin-key') === token
          ? { kind: 'admin', id: 'olga' }
          : null,
    }),
  );
  server = createServer(host).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api-keys`;
});
afterAll(async () => {
  server.close();
  await app.close();
  await database.remove();
});
beforeEach(() => void requests.splice(0));

const direct = (): Record<string, string> => ({ DATABASE_URL: database.url, API_KEYS_PEPPER: testPepper });

/** Every way to the same keys. */
const ways: Readonly<Record<string, (...args: string[]) => Promise<CommandOutcome>>> = {
  'a module of the app': (...args) =>
    runHere([...args, '--app', anyModule, '--actor', 'olga'], { exports: { apiKeys: open() } }),
  'the management API': (...args) =>
    runHere([...args, '--url', url], { environment: { API_KEYS_TOKEN: token } }),
  'a credential of stdin in a header of its own': (...args) =>
    runHere([...args, '--url', `${url}/`, '--header', 'X-Admin-Key', '--token-stdin'], {
      input: `${token}\n`,
    }),
  'the database': (...args) => runHere([...args, '--actor', 'olga'], { environment: direct() }),
};

const create = (name: string, ownerId = 'alice') =>
  app.keys.as(theApp).create({ ownerId, name, scopes: ['orders:read'] });
const verify = async (key: string): Promise<string> => {
  const verdict = await app.keys.verify({ key, scopes: 'orders:read', address: '192.0.2.1' });
  return verdict.allowed ? 'allowed' : verdict.code;
};

describe.each(Object.entries(ways))('by way of %s', (way, run) => {
  const owner = `owner of ${way}`;

  it('keys are listed and shown as everywhere', async () => {
    const { id } = await create('CI', owner);
    const listed = await run('list', '--owner', owner, '--json');
    expect(listed).toMatchObject({ code: 0, err: '' });
    const here = await app.keys.as(theApp).list({ ownerId: owner });
    expect(JSON.parse(listed.out)).toEqual(JSON.parse(JSON.stringify({ items: here.items, hasMore: false })));
    const shown = await run('show', '--id', id, '--json');
    expect(JSON.parse(shown.out)).toEqual(JSON.parse(JSON.stringify(await app.keys.as(theApp).get({ id }))));
    expect(await run('show', '--id', 'x'.repeat(16))).toMatchObject({ code: 1, out: '' });
    expect((await run('list', '--owner', owner)).out).toMatch(
      new RegExp(`^${id} +${owner} +CI +active`, 'm'),
    );
  });

  it('keys are revoked, one and all, and the audit log says by whom', async () => {
    const [one, two, three] = [await create('1', owner), await create('2', owner), await create('3', owner)];
    const revoked = await run('revoke', '--id', one.id, '--reason', 'keyCompromise', '--comment', 'In a log');
    expect(revoked).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^revocationReason +keyCompromise$/m),
    });
    expect(await verify(one.key)).toBe('key_revoked');
    expect(await verify(two.key)).toBe('allowed');
    const all = await run('revoke-all', '--owner', owner, '--reason', 'superseded');
    expect(all).toMatchObject({ code: 0, err: expect.stringMatching(/^\d revoked\.$/) });
    for (const { key } of [two, three]) expect(await verify(key)).toBe('key_revoked');
    expect(await run('revoke-all', '--owner', owner)).toMatchObject({ code: 0, err: '0 revoked.' });
    const log = await run('audit', '--key', one.id, '--action', 'key.revoked', '--json');
    const { items } = JSON.parse(log.out) as { items: object[] };
    expect(items).toMatchObject([{ actor: { kind: 'admin', id: 'olga' }, at: expect.stringMatching(/Z$/) }]);
  });

  it('owners are suspended and resumed', async () => {
    const { key } = await create('CI', owner);
    const suspended = await run('owners', '--suspend', owner, '--reason', 'Invoice 17');
    expect(suspended.code).toBe(0);
    expect(await verify(key)).toBe('owner_suspended');
    expect((await run('owners', '--suspended')).out).toContain('Invoice 17');
    expect((await run('owners', '--resume', owner)).code).toBe(0);
    expect(await verify(key)).toBe('allowed');
  });

  it('usage is read by route', async () => {
    const { id, key } = await create('CI', owner);
    const none = await run('usage', id, '--by-route');
    expect(none).toMatchObject({ code: 0, out: '', err: 'No requests were counted by route in this time.' });
    const counting = open({ metrics: { usageByRoute: true } });
    await counting.ready();
    const host = express();
    host.get('/orders/:id', counting.requireApiKey('orders:read'), (_req, res) => void res.json({}));
    for (const path of ['/orders/1', '/orders/2']) await request(host).get(path).set('X-API-Key', key);
    // Which writes the counts.
    await counting.close();
    const shown = await run('usage', id, '--by-route');
    expect(
      shown.out
        .trimEnd()
        .split('\n')
        .map((line) => line.split(/ +/)),
    ).toEqual([
      ['ROUTE', '2XX', '3XX', '4XX', '5XX', 'ABORTED'],
      ['/orders/:id', '2', '0', '0', '0', '0'],
    ]);
    expect(JSON.parse((await run('usage', id, '--by-route', '--json')).out)).toMatchObject({
      routes: [{ route: '/orders/:id', counts: { '2xx': 2 } }],
    });
  });

  it('usage, posture and the audit log are read', async () => {
    const { id, key } = await create('CI', owner);
    expect((await run('usage', id)).err).toBe('It was not used in this time.');
    expect(await verify(key)).toBe('allowed');
    const counted = async (): Promise<CommandOutcome> => {
      for (;;) {
        const outcome = await run('usage', id, '--by', 'hour');
        if (outcome.out !== '') return outcome;
        // Counts are written every few seconds.
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    };
    expect((await counted()).out.split('\n')[1]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:00:00\.000Z +1 +0 +-$/);
    expect(JSON.parse((await run('usage', id, '--json')).out)).toMatchObject({
      items: [{ start: expect.stringMatching(/T00:00:00\.000Z$/), counts: { allowed: 1 } }],
      lastUsedAddress: '192.0.2.1',
    });
    expect(await run('posture', '--owner', owner, '--reason', 'never_expires')).toMatchObject({ code: 0 });
    const exported = await run('audit', '--all', '--key', id);
    expect(JSON.parse(exported.out)).toMatchObject({
      action: 'key.created',
      keyId: id,
      at: expect.stringMatching(/Z$/),
    });
    const verified = await run('audit', '--verify');
    expect(verified).toMatchObject({ code: 0, err: expect.stringContaining('no problem') });
    const part = await run('audit', '--verify', '--max-entries', '1');
    expect((await run('audit', '--verify', '--resume', part.out)).out).toBe(verified.out);
    const { sequence } = JSON.parse(exported.out) as { sequence: number };
    expect((await run('audit', '--all', '--key', id, '--after-sequence', String(sequence))).out).toBe('');
    expect((await run('audit', '--verify', '--anchor', verified.out)).code).toBe(0);
  });
});

describe('over HTTP', () => {
  const remote = (...args: string[]): Promise<CommandOutcome> =>
    runHere([...args, '--url', url], { environment: { API_KEYS_TOKEN: token } });

  it('a key is created, changed and rotated', async () => {
    const created = await remote('create', '--owner', 'bob', '--name', 'CI', '--scope', 'orders:read');
    expect(created).toMatchObject({ code: 0, out: expect.stringMatching(/^acme_live_\w+$/) });
    expect(await verify(created.out)).toBe('allowed');
    const { items } = JSON.parse((await remote('list', '--owner', 'bob', '--json')).out) as {
      items: { id: string }[];
    };
    const id = items[0]?.id ?? '';
    expect((await remote('update', '--id', id, '--disable')).code).toBe(0);
    expect(await verify(created.out)).toBe('key_disabled');
    expect((await remote('update', '--id', id, '--enable')).code).toBe(0);
    const rotated = await remote('rotate', '--id', id);
    expect(await verify(rotated.out)).toBe('allowed');
    expect(await verify(created.out)).not.toBe('allowed');
    expect(await remote('update', '--id', 'x'.repeat(16), '--disable')).toMatchObject({ code: 1 });
    expect(await remote('create', '--owner', 'bob', '--name', 'CI', '--scope', 'orders:reed')).toMatchObject({
      code: 2,
      err: expect.stringContaining('orders:read'),
    });
  });

  it('the audit log is verified in parts, and the rest of it exported', async () => {
    for (const name of ['one', 'two']) await create(name, 'dora');
    const whole = await remote('audit', '--verify');
    const part = await remote('audit', '--verify', '--max-entries', '1');
    expect(part).toMatchObject({ code: 0, err: expect.stringContaining('entries are left') });
    expect((await remote('audit', '--verify', '--resume', part.out)).out).toBe(whole.out);
    expect(await remote('audit', '--verify', '--resume', 'x')).toMatchObject({
      ...{ code: 2, out: '', err: expect.stringContaining('with the same anchor') },
    });
    const [first = '', ...rest] = (await remote('audit', '--all', '--owner', 'dora')).out.split('\n');
    const { sequence } = JSON.parse(first) as { sequence: number };
    const exported = await remote('audit', '--all', '--owner', 'dora', '--after-sequence', String(sequence));
    expect(exported.out).toBe(rest.join('\n'));
  });

  it('the credential goes to that server alone, in one header, and never into a message', async () => {
    await remote('list');
    expect(requests).toEqual(['GET /keys authorization']);
    const refused = await runHere(['list', '--url', url], {
      environment: { API_KEYS_TOKEN: 'wrong-token-wrong' },
    });
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('API_KEYS_TOKEN') });
    expect(refused.all).not.toContain('wrong-token-wrong');
    const moved = await runHere(['list', '--url', url.replace('/api-keys', '/moved')], {
      environment: { API_KEYS_TOKEN: token },
    });
    expect(moved.code).toBe(1);
    expect(moved.all).not.toContain(token);
    expect(requests.filter((each) => each.startsWith('leaked'))).toEqual([]);
  });

  it.each([
    [['list'], {}, 2, /DATABASE_URL/],
    [['create', '--owner', 'a', '--name', 'b'], { DATABASE_URL: 'file:x' }, 2, /does not know the scopes/],
    [['list', '--url', 'https://keys.invalid/api-keys'], {}, 2, /API_KEYS_TOKEN/],
    [['list', '--url', 'http://keys.invalid/api-keys'], { API_KEYS_TOKEN: 'a' }, 2, /needs https/],
    [['list', '--url', 'https://me:secret@keys.invalid/'], { API_KEYS_TOKEN: 'a' }, 2, /no user/],
    [['list', '--url', 'keys.invalid'], { API_KEYS_TOKEN: 'a' }, 2, /address of the router/],
    [['list', '--url', 'https://keys.invalid/'], { API_KEYS_TOKEN: 'a\nb' }, 2, /characters/],
    [['list', '--url', 'https://keys.invalid/', '--header', 'a b'], { API_KEYS_TOKEN: 'a' }, 2, /--header/],
    [['list', '--url', 'https://keys.invalid/', '--actor', 'me'], { API_KEYS_TOKEN: 'a' }, 2, /--actor/],
    [['list', '--url', 'https://keys.invalid/', '--app', 'a.js'], { API_KEYS_TOKEN: 'a' }, 2, /contradict/],
    [['list', '--app', anyModule, '--header', 'X-A'], {}, 2, /are for --url/],
    [['list', '--url', 'http://127.0.0.1:1/'], { API_KEYS_TOKEN: 'a' }, 1, /cannot be reached/],
    [
      ['list'],
      { DATABASE_URL: 'file:/no/such/file.sqlite', API_KEYS_PEPPER: testPepper },
      2,
      /There is no file/,
    ],
    [['list'], { DATABASE_URL: 'file:x' }, 2, /API_KEYS_PEPPER|There is no file/],
    [['usage'], { DATABASE_URL: 'file:x' }, 2, /KEY_ID is required/],
    [['usage', 'one', 'two'], {}, 2, /one KEY_ID only/],
    [['usage', 'one', '--by', 'week'], {}, 2, /--by is one of/],
  ] as const)('%j with %j is refused', async (args, environment, code, message) => {
    const outcome = await runHere([...args], { environment: { ...environment } });
    expect(outcome).toMatchObject({ code, out: '', err: expect.stringMatching(message) });
  });

  it('an answer that is not that of the management API is one', async () => {
    for (const path of ['/page', '/nothing']) {
      const outcome = await runHere(['list', '--url', url.replace('/api-keys', path)], {
        environment: { API_KEYS_TOKEN: token },
      });
      expect(outcome).toMatchObject({
        code: 1,
        out: '',
        err: expect.stringContaining('address that of the router'),
      });
    }
    expect(await remote('show', '--id', '..')).toMatchObject({ code: 2 });
  });
});

it('the program itself finds the package for a database', async () => {
  const folder = makeCommandFolder();
  try {
    const { id } = await create('CI', 'carol');
    const shown = await folder.run(['show', '--id', id], direct());
    expect(shown).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ownerId +carol$/m) });
  } finally {
    folder.remove();
  }
});
