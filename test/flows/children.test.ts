import express, { type Express } from 'express';
import request from 'supertest';
import { apiKeyOf, type ApiKeys, type ApiKeysOptions, type KeyEvent } from '../../lib/index.js';
import { memoryStore } from '../../lib/testing/index.js';
import { makeEffective } from '../harness/make-effective.js';
import { createInstance, type Scope, type TestInstance } from '../harness/instance.js';
import { makeOwnDatabase } from '../harness/own-database.js';
import { theApp } from '../harness/the-app.js';

const dayMs = 24 * 60 * 60 * 1000;

/** Two processes on one store. */
async function openPlace(name: string, options: Partial<ApiKeysOptions<Scope>>) {
  if (name === 'a store in memory') {
    const store = memoryStore();
    return { make: () => createInstance({ store, ...options }), remove: async () => undefined };
  }
  const database = await makeOwnDatabase(name === 'SQLite' ? 'SQLite' : 'PostgreSQL');
  const redis = { client: process.env['TEST_REDIS_URL'] ?? '', keyPrefix: `children-${Math.random()}:` };
  const shared = name.endsWith('Redis') ? { redis } : {};
  return {
    make: () => createInstance({ database: database.url, ...shared, ...options }),
    remove: () => database.remove(),
  };
}

/** Keys manage keys with `users:read`. */
function createApp(instance: TestInstance): Express {
  const apiKeys = instance.apiKeys as unknown as ApiKeys<Scope, 'beta', 'project'>;
  const app = express();
  app.get('/orders', apiKeys.requireApiKey('orders:read'), (_req, res) => void res.sendStatus(200));
  app.put('/orders', apiKeys.requireApiKey('orders:write'), (_req, res) => void res.sendStatus(200));
  app.get('/beta', apiKeys.requireApiKey('orders:read', { feature: 'beta' }), (_req, res) => {
    res.sendStatus(200);
  });
  const on = (req: express.Request) => ({ project: String(req.params['id']) });
  app.get('/projects/:id', apiKeys.requireApiKey('orders:read', { on }), (_req, res) => {
    res.sendStatus(200);
  });
  app.use('/oauth', apiKeys.tokenRouter());
  app.use(
    '/manage',
    apiKeys.requireApiKey('users:read', { on: 'handler' }),
    apiKeys.adminRouter({
      managementScope: 'users:read',
      authorize: (req) => ({ kind: 'key', apiKey: apiKeyOf(req) }),
    }),
  );
  return app;
}

interface MadeKey {
  readonly id: string;
  readonly token: string;
}

const by = (key: string) => ({ Authorization: `Bearer ${key}` });

describe.each(['a store in memory', 'SQLite', 'PostgreSQL and Redis'])('children of keys, on %s', (name) => {
  let place: Awaited<ReturnType<typeof openPlace>>;
  let instances: readonly TestInstance[];
  let apps: readonly Express[];
  let one: TestInstance;

  beforeAll(async () => {
    const options: object = {
      features: { beta: 'Beta' },
      resources: { project: 'A project' },
      tokens: { issuer: 'http://127.0.0.1' },
    };
    place = await openPlace(name, options);
    one = place.make();
    instances = [one, place.make()];
    for (const { apiKeys } of instances) await apiKeys.ready();
    apps = instances.map(createApp);
  });

  afterAll(async () => {
    await Promise.all(instances.map(({ apiKeys }) => apiKeys.close()));
    await place.remove();
  });

  const keys = () => one.apiKeys.keys.as(theApp);
  /** By one process, so that it holds in both. */
  const update = (changes: object) => makeEffective(() => keys().update(changes as never), one.clock);
  const revoke = (of: { readonly id: string }) => makeEffective(() => keys().revoke(of), one.clock);

  /** A request that is sent again at 503. */
  const send = (make: () => request.Test): Promise<request.Response> =>
    makeEffective(async () => make(), one.clock);

  /** A key that may make keys. */
  const makeTop = (input: object = {}): Promise<MadeKey> =>
    makeEffective(
      () => one.key({ scopes: ['users:read', 'orders:*'], features: ['beta'], ...input } as never),
      one.clock,
    );

  async function makeChild(of: MadeKey, input: object = {}, app = apps[0]): Promise<MadeKey> {
    const body = { name: 'child', scopes: ['users:read', 'orders:*'], features: ['beta'], ...input };
    const answer = await send(() => request(app!).post('/manage/keys').set(by(of.token)).send(body));
    expect([answer.status, answer.body.parentId, answer.body.createdBy]).toEqual([
      ...[201, of.id],
      { kind: 'key', id: of.id },
    ]);
    return { id: answer.body.id, token: answer.body.key };
  }

  /** The codes with which every process answers; `200` where the request is allowed. */
  async function ask(
    credential: string,
    path = '/orders',
    method: 'get' | 'put' = 'get',
  ): Promise<readonly string[]> {
    const answers = await Promise.all(
      apps.map((app) => send(() => request(app)[method](path).set(by(credential)))),
    );
    return answers.map(({ status, body }) => String(status === 200 ? status : body.code));
  }
  const inAll = (code: string): readonly string[] => [code, code];

  async function tokenOf({ id, token }: MadeKey): Promise<string> {
    const answer = await send(() =>
      request(apps[0]!)
        .post('/oauth/token')
        .type('form')
        .set('Authorization', `Basic ${Buffer.from(`${id}:${token.slice(-49, -6)}`).toString('base64')}`)
        .send({ grant_type: 'client_credentials' }),
    );
    expect(answer.status).toBe(200);
    return answer.body.access_token as string;
  }

  it('end with the key that made them, and with the key that made that one, to any depth', async () => {
    const top = await makeTop();
    const child = await makeChild(top);
    const grandchild = await makeChild(child, {}, apps[1]);
    const token = await tokenOf(grandchild);
    for (const credential of [child.token, grandchild.token, token]) {
      expect(await ask(credential)).toEqual(inAll('200'));
    }
    await update({ id: top.id, enabled: false });
    for (const credential of [child.token, grandchild.token, token]) {
      expect(await ask(credential)).toEqual(inAll('key_disabled'));
    }
    await update({ id: top.id, enabled: true });
    for (const credential of [child.token, grandchild.token, token]) {
      expect(await ask(credential)).toEqual(inAll('200'));
    }
    await revoke({ id: top.id });
    for (const credential of [child.token, grandchild.token, token]) {
      expect(await ask(credential)).toEqual(inAll('key_revoked'));
    }
    const refused = await request(apps[1]!).get('/orders').set(by(grandchild.token));
    expect(refused.body.detail).toBe('A key above this API key, which it was made with, was revoked.');
    expect(await keys().get({ id: child.id })).toMatchObject({ state: 'active', parentId: top.id });
  });

  it('do what the keys above them may do now, and no more', async () => {
    const top = await makeTop();
    const grandchild = await makeChild(await makeChild(top));
    const { token } = grandchild;
    const ofToken = await tokenOf(grandchild);
    const change = (changes: object) => update({ id: top.id, ...changes });
    expect(await ask(token, '/orders', 'put')).toEqual(inAll('200'));
    await change({ scopes: ['users:read', 'orders:read'] });
    for (const credential of [token, ofToken]) {
      expect(await ask(credential, '/orders', 'put')).toEqual(inAll('insufficient_scope'));
      expect(await ask(credential)).toEqual(inAll('200'));
    }
    const refused = await request(apps[1]!).put('/orders').set(by(token));
    expect(refused.body.detail).toBe(
      'The API key has orders:write, but its parent or the plan of its owner does not include it.',
    );

    expect(await ask(token, '/beta')).toEqual(inAll('200'));
    await change({ features: [] });
    expect(await ask(token, '/beta')).toEqual(inAll('feature_not_enabled'));

    await change({ resources: { project: ['p1'] } });
    expect(await ask(token)).toEqual(inAll('resource_not_allowed'));
    expect(await ask(token, '/projects/p1')).toEqual(inAll('200'));
    expect(await ask(token, '/projects/p2')).toEqual(inAll('resource_not_allowed'));
    await change({ resources: null });

    await change({ ipAllowlist: ['192.0.2.1'] });
    expect(await ask(token)).toEqual(inAll('address_not_allowed'));
    await change({ ipAllowlist: null });
    expect(await ask(token)).toEqual(inAll('200'));
  });

  it('outlive a rotation of the keys above them, and are refused while their owner is suspended', async () => {
    const top = await makeTop({ ownerId: `suspended on ${name}` });
    const child = await makeChild(top);
    expect(await ask(child.token)).toEqual(inAll('200'));
    await makeEffective(() => keys().rotate({ id: top.id }), one.clock);
    expect(await ask(child.token)).toEqual(inAll('200'));
    await one.apiKeys.owners.as(theApp).suspend({ ownerId: `suspended on ${name}` });
    expect(await ask(child.token)).toEqual(inAll('owner_suspended'));
  });

  it('expire with the keys above them, which is no change, and are told so', async () => {
    const top = await makeTop();
    const child = await makeChild(top);
    await update({ id: top.id, expiresAt: new Date(one.clock.now() + dayMs) });
    const token = await tokenOf(child);
    expect(await ask(child.token)).toEqual(inAll('200'));
    for (const { clock } of instances) clock.advance(dayMs);
    expect(await ask(child.token)).toEqual(inAll('key_expired'));
    expect((await ask(token))[0]).not.toBe('200');
    const refused = await request(apps[1]!).get('/orders').set(by(child.token));
    expect(refused.body.detail).toBe('A key above this API key, which it was made with, has expired.');
  });

  it('get no new secret below a key that has ended: nothing would accept it', async () => {
    const top = await makeTop();
    const grandchild = await makeChild(await makeChild(top));
    const version = async () => (await keys().get({ id: grandchild.id }))?.version;
    await update({ id: top.id, enabled: false });
    const { key, version: rotated } = await makeEffective(
      () => keys().rotate({ id: grandchild.id }),
      one.clock,
    );
    await update({ id: top.id, enabled: true });
    expect(await ask(key)).toEqual(inAll('200'));
    await update({ id: top.id, expiresAt: new Date(one.clock.now() + dayMs) });
    for (const { clock } of instances) clock.advance(dayMs);
    const conflict = { code: 'ERR_API_KEYS_CONFLICT' };
    await expect(keys().rotate({ id: grandchild.id })).rejects.toMatchObject({
      ...conflict,
      message: expect.stringContaining(`${top.id}, is expired. Extend its expiresAt`) as string,
    });
    await revoke({ id: top.id });
    await expect(keys().rotate({ id: grandchild.id })).rejects.toMatchObject({
      ...conflict,
      message: expect.stringContaining(`${top.id}, is revoked. No secret of this one`) as string,
    });
    expect(await version()).toBe(rotated);
  });

  it('are no more than five deep', async () => {
    let deepest = await makeTop();
    for (let depth = 1; depth <= 5; depth += 1) deepest = await makeChild(deepest);
    expect(await ask(deepest.token)).toEqual(inAll('200'));
    const answer = await request(apps[0]!)
      .post('/manage/keys')
      .set(by(deepest.token))
      .send({ name: 'too deep', scopes: [] });
    expect([answer.status, answer.body.code]).toEqual([403, 'forbidden']);
    expect(answer.body.detail).toContain('There are 5 API keys above the requesting one');
  });

  it('manage only themselves and the keys below them', async () => {
    const top = await makeTop();
    const [child, sibling] = [await makeChild(top), await makeChild(top)];
    const grandchild = await makeChild(child);
    const askFor = async ({ token }: MadeKey, { id }: MadeKey): Promise<request.Response> =>
      request(apps[1]!).post(`/manage/keys/${id}/rotate`).set(by(token));
    const rotate = async (actor: MadeKey, which: MadeKey): Promise<number> =>
      (await makeEffective(() => askFor(actor, which), one.clock)).status;
    expect(await rotate(child, top)).toBe(403);
    expect(await rotate(child, sibling)).toBe(403);
    expect([200, 202]).toContain(await rotate(child, grandchild));
    expect([200, 202]).toContain(await rotate(top, sibling));
    // One that is answered with 503 may have ended its own secret.
    const itself = await makeEffective(async () => {
      const another = await makeChild(top);
      return askFor(another, another);
    }, one.clock);
    expect([200, 202]).toContain(itself.status);
  });

  it('are revoked by the keys above them, also when those may do less by now', async () => {
    const top = await makeTop();
    const child = await makeChild(top, { rateLimits: [{ name: 'minute', limit: 9, windowSeconds: 60 }] });
    await update({ id: top.id, scopes: ['users:read'], features: [] });
    const answer = await send(() =>
      request(apps[1]!).post(`/manage/keys/${child.id}/revoke`).set(by(top.token)),
    );
    expect([200, 202]).toContain(answer.status);
    expect(await ask(child.token)).toEqual(inAll('key_revoked'));
  });

  it('get no limits from the keys above them that are beyond their own, whether new or changed', async () => {
    const limits = (limit: number) => ({ rateLimits: [{ name: 'minute', limit, windowSeconds: 60 }] });
    const top = await makeTop(limits(20));
    const child = await makeChild(top);
    const change = async (limit: number): Promise<unknown> => {
      const { status, body } = await send(() =>
        request(apps[1]!).patch(`/manage/keys/${child.id}`).set(by(top.token)).send(limits(limit)),
      );
      // 202 holds by now.
      return [status === 202 ? 200 : status, body.code ?? body.rateLimits[0].limit];
    };
    expect(await change(21)).toEqual([403, 'forbidden']);
    expect(await change(20)).toEqual([200, 20]);
    // What it has may be lowered, however little its parent has by now.
    await update({ id: top.id, ...limits(10) });
    expect(await change(15)).toEqual([200, 15]);
  });

  it('are not made by a key that is below one that has ended', async () => {
    const top = await makeTop();
    const child = await makeChild(top);
    await revoke({ id: top.id });
    const answer = await request(apps[1]!)
      .post('/manage/keys')
      .set(by(child.token))
      .send({ name: 'late', scopes: [] });
    expect([answer.status, answer.body.code]).toEqual([401, 'key_revoked']);
  });

  it('are listed by their parent, over HTTP and in code', async () => {
    const top = await makeTop();
    const [child, sibling] = [await makeChild(top), await makeChild(top)];
    await makeChild(child);
    const { body } = await request(apps[1]!).get(`/manage/keys?parentId=${top.id}`).set(by(top.token));
    const ids = (body.items as { id: string }[]).map(({ id }) => id).sort();
    expect(ids).toEqual([child.id, sibling.id].sort());
    const listed = await keys().list({ parentId: top.id });
    expect(listed.items.map(({ id, parentId }) => [id, parentId]).sort()).toEqual(
      ids.map((id) => [id, top.id]),
    );
    expect((await keys().get({ id: top.id }))?.parentId).toBeNull();
  });

  it('end with the access token that made them, unless they end before', async () => {
    const top = await makeTop();
    const token = await tokenOf(top);
    const create = (expiresAt?: Date) =>
      request(apps[0]!)
        .post('/manage/keys')
        .set(by(token))
        .send({ name: 'of a token', scopes: ['orders:read'], ...(expiresAt ? { expiresAt } : {}) });
    const end = new Date(one.clock.now() + 3_600_000);
    const made = await create();
    expect([made.status, made.body.expiresAt, made.body.parentId]).toEqual([201, end.toISOString(), top.id]);
    expect((await create(new Date(end.getTime() - 1))).status).toBe(201);
    expect((await create(new Date(end.getTime() + 1000))).body.code).toBe('forbidden');
  });

  it('are announced to listeners with each change of a key above them', async () => {
    const top = await makeTop();
    const child = await makeChild(top);
    const other = await makeTop();
    for (const { token } of [child, other]) await ask(token);
    const change = { keyId: child.id, keyVersion: null, action: 'key.updated' };
    const heard = instances.map(() => new Array<KeyEvent | null>());
    const heardOfOther: KeyEvent[] = [];
    // That a key was created may still be on its way to the other process.
    const isCreation = (event: KeyEvent | null): boolean => event?.action === 'key.created';
    const stops = instances.flatMap(({ apiKeys }, index) => [
      apiKeys.onChange(child.id, (event) => void (isCreation(event) || heard[index]?.push(event))),
      apiKeys.onChange(
        other.id,
        (event) => void (event === null || isCreation(event) || heardOfOther.push(event)),
      ),
    ]);
    await update({ id: top.id, name: 'renamed' });
    for (const events of heard) {
      // On a machine that stands still, `null` says that anything may have changed.
      const expected = events.includes(null) ? events.map(() => change) : [change];
      expect(events.map((event) => event ?? change)).toEqual(expected);
    }
    expect(heardOfOther).toEqual([]);
    for (const stop of stops) stop();
  });
});
