import express from 'express';
import request from 'supertest';
import { nebulaRouter, type NebulaOptions } from '../../lib/dialects/index.js';
import type { ApiKeysOptions } from '../../lib/index.js';
import { memoryStore } from '../../lib/testing/index.js';
import type { Scope } from '../harness/instance.js';
import { accessTokenOf, createNebulaApp, type NebulaApp } from './nebula-app.js';
import { theApp } from '../harness/the-app.js';

const keyPattern = /^ak_[0-9A-Za-z_-]{43}$/;
const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

interface MadeKey {
  readonly id: string | number;
  readonly key: string;
}

function failure(message: string): object {
  return { data: {}, message, status: 'failed' };
}

describe('the Nebula Block router', () => {
  const started: NebulaApp[] = [];
  afterEach(() => Promise.all(started.splice(0).map(({ apiKeys }) => apiKeys.close())));

  async function start(
    options: Partial<NebulaOptions> = {},
    instanceOptions: Partial<ApiKeysOptions<Scope>> = {},
    before: express.RequestHandler[] = [],
  ): Promise<NebulaApp> {
    const nebula = createNebulaApp(options, instanceOptions, before);
    started.push(nebula);
    await nebula.apiKeys.ready();
    return nebula;
  }

  type Method = 'get' | 'post' | 'delete';
  const as = (nebula: NebulaApp, credential = accessTokenOf('alice')) => ({
    send: (method: Method, path: string): request.Test =>
      request(nebula.app)[method](`/api/v1${path}`).set('Authorization', `Bearer ${credential}`),
  });
  async function newKey(
    nebula: NebulaApp,
    credential = accessTokenOf('alice'),
    name = 'CI',
  ): Promise<MadeKey> {
    const answer = await as(nebula, credential).send('post', '/api-keys').send({ name }).expect(200);
    return (answer.body as { data: MadeKey }).data;
  }
  async function listed(nebula: NebulaApp, credential?: string): Promise<MadeKey[]> {
    const answer = await as(nebula, credential).send('get', '/api-keys').expect(200);
    return (answer.body as { data: MadeKey[] }).data;
  }
  const useOf = async ({ app }: NebulaApp, key: string, method: 'get' | 'post' = 'get') =>
    (await request(app)[method]('/orders').set('Authorization', `Bearer ${key}`)).status;

  const documented = '{\n    "name": "test-api-key",\n    "description": "This is a test API key",\n}';

  it.each(['application/x-www-form-urlencoded', 'application/json', 'text/plain'])(
    'NB1 takes the documented body, which is no JSON, as %s',
    async (type) => {
      const nebula = await start();
      const answer = await as(nebula).send('post', '/api-keys').type(type).send(documented).expect(200);
      expect(answer.body).toEqual({
        data: {
          id: expect.stringMatching(uuidPattern) as string,
          key: expect.stringMatching(keyPattern) as string,
          name: 'test-api-key',
          description: 'This is a test API key',
        },
        message: 'API key successfully created',
        status: 'success',
      });
      expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', pragma: 'no-cache' });
    },
  );

  it('NB1 takes it behind parsers of the app too, and fields of real forms', async () => {
    const parsers = [express.json(), express.urlencoded({ extended: true })];
    for (const before of [[], parsers]) {
      const nebula = await start({}, {}, before);
      const post = (body: string): request.Test =>
        as(nebula).send('post', '/api-keys').type('form').send(body);
      expect((await post(documented).expect(200)).body.data.name).toBe('test-api-key');
      const form = await post('name=a+form&description=of%20fields').expect(200);
      expect(form.body.data).toMatchObject({ name: 'a form', description: 'of fields' });
    }
  });

  it('NB1 says of other bodies that they are none', async () => {
    const nebula = await start();
    for (const body of ['{"name": "a",,}', '{"name": "a"', '["a"]', '{"name": "a", "name": "b"}']) {
      const refused = await as(nebula).send('post', '/api-keys').type('json').send(body).expect(400);
      expect(refused.body).toMatchObject({ data: {}, status: 'failed' });
    }
    const none = await as(nebula).send('post', '/api-keys').expect(400);
    expect(none.body).toEqual(failure('name is required.'));
    const more = { name: 'a', scopes: ['orders:read'] };
    const unknown = await as(nebula).send('post', '/api-keys').send(more).expect(400);
    expect(unknown.body.message).toContain('scopes is not accepted here');
    expect(await listed(nebula)).toEqual([]);
  });

  it('NB2 names keys by UUIDs, and deletes by UUID or number', async () => {
    const nebula = await start();
    const [first, second] = [await newKey(nebula), await newKey(nebula)];
    const deleted = await as(nebula).send('delete', `/api-keys/${first.id}`).expect(200);
    expect(deleted.body).toEqual({ data: {}, message: 'API key successfully deleted', status: 'success' });
    expect(await useOf(nebula, first.key)).toBe(401);
    expect((await listed(nebula)).map(({ id }) => id)).toEqual([second.id]);
    await as(nebula).send('delete', '/api-keys/2').expect(200);
    expect(await listed(nebula)).toEqual([]);
  });

  it('NB2 names keys by numbers with ids: integer, each of them once', async () => {
    const nebula = await start({ ids: 'integer' });
    const [first, second] = [await newKey(nebula), await newKey(nebula)];
    expect([first.id, second.id]).toEqual([1, 2]);
    await as(nebula).send('delete', '/api-keys/2').expect(200);
    expect((await newKey(nebula)).id).toBe(3);
    expect((await newKey(nebula, accessTokenOf('bob'))).id).toBe(1);
    expect((await listed(nebula)).map(({ id }) => id)).toEqual([1, 3]);
    expect([await useOf(nebula, first.key), await useOf(nebula, second.key)]).toEqual([200, 401]);
  });

  it('NB3 serves /api-keys and /api_keys alike', async () => {
    const nebula = await start();
    const made = await as(nebula).send('post', '/api_keys').send({ name: 'a' }).expect(200);
    const list = await as(nebula).send('get', '/api_keys').expect(200);
    expect(list.body.data).toEqual((await as(nebula).send('get', '/api-keys')).body.data);
    await as(nebula).send('delete', `/api_keys/${made.body.data.id}`).expect(200);
    await as(nebula)
      .send('get', '/api keys')
      .expect(404, /Cannot GET/);
  });

  it('NB4 lists the four fields, oldest first, and never a key', async () => {
    const nebula = await start();
    const first = await newKey(nebula);
    nebula.clock.advance(1_000);
    const body = { name: 'b', description: 'two' };
    const { data: second } = (await as(nebula).send('post', '/api-keys').send(body)).body as {
      data: MadeKey;
    };
    const list = await as(nebula).send('get', '/api-keys').expect(200);
    expect(list.body).toEqual({
      data: [
        { id: first.id, name: 'CI', description: '', partial_key_data: 'ak_...' },
        { id: second.id, name: 'b', description: 'two', partial_key_data: 'ak_...' },
      ],
      message: 'API keys successfully retrieved',
      status: 'success',
    });
  });

  it('NB4 lists keys that are disabled or expired, and no others of the owner', async () => {
    const nebula = await start();
    const { keys } = nebula.apiKeys;
    await nebula.key();
    const made = [await newKey(nebula), await newKey(nebula), await newKey(nebula)];
    const records = (await keys.as(theApp).list({ keyspace: 'nebula' })).items;
    await keys.as(theApp).update({ id: records[0]?.id ?? '', enabled: false });
    await keys
      .as(theApp)
      .update({ id: records[1]?.id ?? '', expiresAt: new Date(nebula.clock.now() + 1_000) });
    nebula.clock.advance(2_000);
    expect((await listed(nebula)).map(({ id }) => id).sort()).toEqual(made.map(({ id }) => id).sort());
  });

  it('NB5 makes many keys, and no more than maxKeysPerOwner', async () => {
    const nebula = await start({ maxKeysPerOwner: 2 });
    const [first] = [await newKey(nebula), await newKey(nebula)];
    const refused = await as(nebula).send('post', '/api-keys').send({ name: 'c' }).expect(400);
    expect(refused.body).toEqual(failure('There can be 2 API keys for each owner. Revoke one first.'));
    await newKey(nebula, accessTokenOf('bob'));
    await nebula.key();
    await as(nebula).send('delete', `/api-keys/${first?.id}`).expect(200);
    await newKey(nebula);
  });

  it('NB5 lists more keys than fit on a page', async () => {
    const nebula = await start();
    const made: MadeKey[] = [];
    for (let count = 0; count < 105; count += 1) made.push(await newKey(nebula));
    expect((await listed(nebula)).map(({ id }) => id)).toEqual(made.map(({ id }) => id));
  });

  it('NB6 shows a description that was left out as an empty text', async () => {
    const nebula = await start();
    for (const body of [{ name: 'a' }, { name: 'a', description: null }, { name: 'a', description: '' }]) {
      const answer = await as(nebula).send('post', '/api-keys').send(body).expect(200);
      expect(answer.body.data.description).toBe('');
    }
  });

  it('NB7 lets a key make, list and delete keys', async () => {
    const nebula = await start();
    const first = await newKey(nebula);
    const second = await newKey(nebula, first.key);
    expect((await listed(nebula, second.key)).map(({ id }) => id)).toEqual([first.id, second.id]);
    await as(nebula, second.key).send('delete', `/api-keys/${first.id}`).expect(200);
    expect([await useOf(nebula, first.key), await useOf(nebula, second.key)]).toEqual([401, 200]);
    const refused = await as(nebula, first.key).send('post', '/api-keys').send({ name: 'a' }).expect(401);
    expect(refused.body.status).toBe('failed');
  });

  it('NB7 lets a key delete itself at most with keysMayManage: false', async () => {
    const nebula = await start({ keysMayManage: false });
    const [first, second] = [await newKey(nebula), await newKey(nebula)];
    const byKey = as(nebula, first.key);
    const refused = await byKey.send('post', '/api-keys').send({ name: 'a' }).expect(403);
    expect(refused.body).toEqual(failure('API keys may not manage API keys here.'));
    await byKey.send('get', '/api-keys').expect(403);
    await byKey.send('delete', `/api-keys/${second.id}`).expect(403);
    await byKey.send('delete', '/api-keys/1').expect(200);
    expect([await useOf(nebula, first.key), await useOf(nebula, second.key)]).toEqual([401, 200]);
  });

  it('NB8 answers a failure with its envelope, the same for foreign and unknown ids', async () => {
    const nebula = await start();
    const { id } = await newKey(nebula);
    const unknown = ['9a4d7961-3274-4479-a20b-10f57f9bc75a', '7', '0', 'a b', '%zz', 'x'.repeat(300)];
    for (const text of [id, ...unknown]) {
      const refused = await as(nebula, accessTokenOf('bob')).send('delete', `/api-keys/${text}`).expect(404);
      expect(refused.text).toBe(JSON.stringify(failure('There is no such API key.')));
    }
    expect(await listed(nebula)).toHaveLength(1);
    const wrongMethod = await as(nebula).send('delete', '/api-keys').expect(405);
    expect(wrongMethod.headers['allow']).toBe('GET, OPTIONS, POST');
    expect(wrongMethod.body).toMatchObject({ data: {}, status: 'failed' });
    const large = { name: 'a', description: 'b'.repeat(40_000) };
    await as(nebula).send('post', '/api-keys').send(large).expect(413);
  });

  it('NB8 writes down whom it refuses, and what they have named', async () => {
    const store = memoryStore();
    const nebula = await start({ keysMayManage: false }, { store });
    const { id, key } = await newKey(nebula);
    await as(nebula, accessTokenOf('bob')).send('delete', `/api-keys/${id}`).expect(404);
    await as(nebula, key).send('get', '/api-keys').expect(403);
    // What was noted is written at the end.
    await nebula.apiKeys.close();
    const later = await start({}, { store });
    const { body } = await request(later.app).get('/admin/audit/access').expect(200);
    expect(body.items).toHaveLength(2);
    const keyId = key.slice(3, 13);
    expect(body.items).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ code: 'not_found', keyId, actor: { kind: 'owner', id: 'bob' } }),
        expect.objectContaining({ code: 'forbidden', keyId: null, actor: { kind: 'key', id: keyId } }),
      ]),
    );
  });

  it('NB8 is 500 without internals when the app fails, and 503 while the store is away', async () => {
    const broken = await start({ verifyAccessToken: () => Promise.reject(new Error('the session store')) });
    const failed = await as(broken).send('get', '/api-keys').expect(500);
    expect(failed.body).toEqual(failure('Something went wrong here. Try again later.'));
    expect(broken.log.join()).toContain('the Nebula Block router failed');
    const store = { ...memoryStore(), open: () => Promise.reject(new Error('away')) };
    const away = createNebulaApp({}, { store });
    started.push(away);
    const refused = await as(away).send('get', '/api-keys').expect(503);
    expect(refused.headers['retry-after']).toBe('1');
    expect(refused.body.status).toBe('failed');
  });

  it('NB9 gives keys all scopes of the app, or defaultScopes, or those of the key that makes it', async () => {
    const store = memoryStore();
    const some = await start({ defaultScopes: ['orders:read'] }, { store });
    const weak = await newKey(some);
    const statusesOf = async (nebula: NebulaApp, { key }: MadeKey) => [
      await useOf(nebula, key),
      await useOf(nebula, key, 'post'),
    ];
    expect(await statusesOf(some, weak)).toEqual([200, 403]);
    const all = await start({}, { store });
    expect(await statusesOf(all, await newKey(all))).toEqual([200, 200]);
    expect(await statusesOf(all, await newKey(all, weak.key))).toEqual([200, 403]);
  });

  it('NB10 takes what begins with ak_ for a key and asks the app of all else', async () => {
    const asked: string[] = [];
    const nebula = await start({
      verifyAccessToken: (token) => {
        asked.push(token);
        return token === 'opaque' ? 'alice' : null;
      },
    });
    const { key } = await newKey(nebula, 'opaque');
    const native = await nebula.key();
    const statusWith = async (credential: string) =>
      (await as(nebula, credential).send('get', '/api-keys')).status;
    expect(await statusWith(key)).toBe(200);
    const changed = key.slice(0, -1) + (key.endsWith('0') ? '1' : '0');
    expect([await statusWith('ak_'), await statusWith(changed)]).toEqual([401, 401]);
    expect(asked).toEqual(['opaque']);
    expect([await statusWith(native.token), await statusWith('a.b.c')]).toEqual([401, 401]);
    expect(asked).toEqual(['opaque', native.token, 'a.b.c']);
  });

  it('tells unknown, malformed and wrong keys in the same words', async () => {
    const nebula = await start();
    const [one, two] = [await newKey(nebula), await newKey(nebula)];
    const wrongSecret = one.key.slice(0, 13) + two.key.slice(13);
    for (const wrong of [`ak_${'a'.repeat(43)}`, wrongSecret, 'ak_']) {
      const refused = await as(nebula, wrong).send('get', '/api-keys').expect(401);
      expect(refused.body).toEqual(failure('The API key is not valid. Check that it was copied whole.'));
      expect(refused.headers['www-authenticate']).toContain('Bearer realm="nebula"');
    }
    const none = await request(nebula.app).get('/api/v1/api-keys').expect(401);
    expect(none.body).toMatchObject({ data: {}, status: 'failed' });
    const inAnotherHeader = request(nebula.app).get('/api/v1/api-keys').set('X-API-Key', one.key);
    expect((await inAnotherHeader).status).toBe(401);
  });

  it('does not reveal that a key was revoked, where refusals.opaque is set', async () => {
    const nebula = await start({}, { refusals: { opaque: true } });
    const { id, key } = await newKey(nebula);
    await as(nebula).send('delete', `/api-keys/${id}`).expect(200);
    const unknown = await as(nebula, `${key.slice(0, -1)}!`)
      .send('get', '/api-keys')
      .expect(401);
    const ended = await as(nebula, key).send('get', '/api-keys').expect(401);
    expect(ended.text).toBe(unknown.text);
    expect(ended.headers['www-authenticate']).toBe(unknown.headers['www-authenticate']);
  });

  it('logs in at /login with the documented body', async () => {
    const seen: unknown[] = [];
    const user = {
      id: 18,
      name: 'Test User',
      email: 'testemail@gmail.com',
      is_staff: false,
      is_active: true,
    };
    const nebula = await start({
      login: (credentials) => {
        seen.push(credentials);
        const jwtToken = accessTokenOf('alice');
        return credentials.password === 'wrong' ? null : { ...user, jwtToken, passwordHash: 'secret' };
      },
    });
    const log = (body: string): request.Test =>
      request(nebula.app).post('/api/v1/login').type('form').send(body);
    const sample = '{\n    "username": "testemail@gmail.com",\n    "password": "123456789",\n}';
    const answer = await log(sample).expect(200);
    expect(answer.body).toEqual({
      data: { ...user, jwtToken: accessTokenOf('alice') },
      message: 'Login successful',
      status: 'success',
    });
    expect(answer.headers['cache-control']).toBe('no-store');
    await newKey(nebula, answer.body.data.jwtToken);
    await log('username=a&password=b%26').expect(200);
    const refused = await log('{"username": "a", "password": "wrong"}').expect(401);
    expect(refused.body).toEqual(failure('The username or the password is wrong.'));
    for (const wrong of ['', '{}', '{"username": "a"}', '{"username": "a", "password": ""}', 'password=1']) {
      await log(wrong).expect(400);
    }
    expect(seen).toEqual([
      { username: 'testemail@gmail.com', password: '123456789' },
      { username: 'a', password: 'b&' },
      { username: 'a', password: 'wrong' },
    ]);
    expect(nebula.log.join()).not.toContain('wrong');
  });

  it('is 500 when login answers something else, and 404 without it', async () => {
    const broken = await start({ login: () => ({}) as never });
    const post = ({ app }: NebulaApp): request.Test =>
      request(app).post('/api/v1/login').send({ username: 'a', password: 'b' });
    expect((await post(broken).expect(500)).body.status).toBe('failed');
    await post(await start()).expect(404, /Cannot POST/);
  });

  it('has its keys seen and revoked in the native admin API', async () => {
    const nebula = await start();
    await nebula.key();
    const { key } = await newKey(nebula);
    const { body } = await request(nebula.app).get('/admin/keys?keyspace=nebula').expect(200);
    expect(body.items).toMatchObject([{ ownerId: 'alice', name: 'CI', keyspace: 'nebula' }]);
    await request(nebula.app).post(`/admin/keys/${body.items[0].id}/revoke`).send({}).expect(200);
    expect(await useOf(nebula, key)).toBe(401);
    expect(await listed(nebula)).toEqual([]);
  });

  it('refuses options that make no sense, at mount', async () => {
    const { apiKeys } = await start();
    const verifyAccessToken = () => null;
    const wrong: [object, string][] = [
      [{}, 'verifyAccessToken: takes a function'],
      [{ verifyAccessToken, id: 'uuid' }, "did you mean 'ids'?"],
      [{ verifyAccessToken, ids: 'number' }, "ids: takes 'uuid' or 'integer'"],
      [{ verifyAccessToken, login: {} }, 'login: takes a function'],
      [{ verifyAccessToken, maxKeysPerOwner: 1_001 }, 'maxKeysPerOwner: takes a whole number'],
      [{ verifyAccessToken, maxKeysPerOwner: 0 }, 'maxKeysPerOwner: takes a whole number'],
      [{ verifyAccessToken, keysMayManage: 1 }, 'keysMayManage: takes true or false'],
      [{ verifyAccessToken, defaultScopes: 'all' }, 'defaultScopes must be a list of scopes'],
      [{ verifyAccessToken }, "a keyspace 'nebula' already exists"],
    ];
    for (const [options, message] of wrong) {
      expect(() => nebulaRouter(apiKeys, options as NebulaOptions)).toThrow(message);
    }
    expect(() => nebulaRouter(null as never, { verifyAccessToken })).toThrow('takes what createApiKeys');
  });
});
