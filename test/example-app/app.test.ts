import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Express } from 'express';
import { signRequest, type PrivateKeySigner, type SecretSigner } from 'express-api-keys';
import request from 'supertest';
import { createApp } from '../../example-app/src/app.js';
import type { Settings } from '../../example-app/src/config.js';

// Passwords and keys are hashed slowly on purpose; on a busy machine that adds up.
jest.setTimeout(90_000);

const password = 'a-demo-password';

function settingsIn(folder: string): Settings {
  return {
    port: 0,
    host: '127.0.0.1',
    publicUrl: 'http://127.0.0.1',
    database: `file:${join(folder, 'api-keys.db')}`,
    redisUrl: undefined,
    pepper: 'a pepper for tests, at least 32 bytes',
    demoPassword: password,
    demoPasswordIsRandom: false,
    demoStepUp: false,
    metricsToken: 'a-token-for-prometheus',
  };
}

/** A signed-in user of one app. */
function userOf(app: Express, token: string) {
  const send = (method: 'get' | 'post' | 'patch' | 'put', path: string): request.Test =>
    request(app)[method](path).set('Authorization', `Bearer ${token}`);
  return {
    send,
    async makeKey(scopes: readonly string[]): Promise<{ id: string; key: string }> {
      const { body } = await send('post', '/api-keys/keys').send({ name: 'a key', scopes }).expect(201);
      return body as { id: string; key: string };
    },
  };
}

describe('example-app', () => {
  const folder = mkdtempSync(join(tmpdir(), 'express-api-keys-orders-'));
  const service = createApp(settingsIn(folder));
  const { app } = service;

  const users = new Map<string, Promise<ReturnType<typeof userOf>>>();

  /** Signs a user in, once: passwords are slow to compare. */
  function signIn(username: string): Promise<ReturnType<typeof userOf>> {
    const user =
      users.get(username) ??
      Promise.resolve(request(app).post('/signin').send({ username, password }).expect(200)).then(
        ({ body }) => userOf(app, (body as { token: string }).token),
      );
    users.set(username, user);
    return user;
  }

  beforeAll(() => service.ready());
  afterAll(async () => {
    await service.close();
    rmSync(folder, { recursive: true, force: true });
  });

  describe('POST /signin', () => {
    it.each(['alice', 'bob', 'mia', 'oscar', 'vera', 'admin'])('lets %s in', async (username) => {
      const { body, headers } = await request(app).post('/signin').send({ username, password }).expect(200);
      expect(body).toEqual({ token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/) });
      expect(headers['cache-control']).toBe('no-store');
    });

    it('answers a wrong password and an unknown name alike', async () => {
      const wrong = await request(app).post('/signin').send({ username: 'alice', password: 'x' }).expect(401);
      const unknown = await request(app).post('/signin').send({ username: 'eve', password }).expect(401);
      expect(wrong.text).toBe(unknown.text);
      expect(wrong.body).toMatchObject({ status: 401, code: 'wrong_password' });
      expect(wrong.headers['www-authenticate']).toBe('Bearer realm="example-app"');
      expect(wrong.headers['content-type']).toMatch(/^application\/problem\+json/);
    });

    it.each([
      ['no body', undefined],
      ['a list', []],
      ['no password', { username: 'alice' }],
      ['a name that is no text', { username: { $ne: '' }, password }],
      ['a password that is no text', { username: 'alice', password: true }],
      ['a password longer than any', { username: 'alice', password: 'x'.repeat(101) }],
    ])('refuses %s', async (_what, body) => {
      const answer = await request(app).post('/signin').send(body).expect(400);
      expect(answer.body).toMatchObject({ code: 'invalid_request' });
    });

    it('stops brute force after ten wrong passwords, however fast they come', async () => {
      const other = createApp(settingsIn(folder));
      const guess = () => request(other.app).post('/signin').send({ username: 'alice', password: 'x' });
      const statuses = await Promise.all(Array.from({ length: 12 }, async () => (await guess()).status));
      expect(statuses.filter((status) => status === 401)).toHaveLength(10);
      expect(statuses.filter((status) => status === 429)).toHaveLength(2);
      const refused = await request(other.app)
        .post('/signin')
        .send({ username: 'alice', password })
        .expect(429);
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
      await other.close();
    });
  });

  describe('/api-keys', () => {
    it.each([
      ['no token', undefined],
      ['no JWT', 'Bearer something'],
      ['an unsigned JWT', 'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSIsImlzcyI6ImV4YW1wbGUtYXBwIn0.'],
    ])('refuses %s', async (_what, authorization) => {
      const sent = request(app).get('/api-keys/keys');
      if (authorization !== undefined) sent.set('Authorization', authorization);
      const { body } = await sent.expect(401);
      expect(body).toMatchObject({ code: 'unauthenticated' });
    });

    it('shows owners their own keys, and the admin all', async () => {
      const [alice, bob, admin] = await Promise.all([signIn('alice'), signIn('bob'), signIn('admin')]);
      const { id, key } = await alice.makeKey(['orders:read']);
      const seenBy = async (user: typeof alice) => {
        const { body, text } = await user.send('get', '/api-keys/keys').expect(200);
        expect(text).not.toContain(key);
        return (body as { items: Array<{ id: string }> }).items.some((item) => item.id === id);
      };
      expect([await seenBy(alice), await seenBy(bob), await seenBy(admin)]).toEqual([true, false, true]);
      const foreign = await bob.send('get', `/api-keys/keys/${id}`).expect(404);
      const none = await bob.send('get', '/api-keys/keys/0000000000000000').expect(404);
      expect(foreign.text).toBe(none.text);
    });
  });

  describe('/orders', () => {
    it('lists and takes orders of the owner of the key, sent in either header', async () => {
      const [alice, bob] = await Promise.all([signIn('alice'), signIn('bob')]);
      const [hers, his] = await Promise.all([
        alice.makeKey(['orders:read', 'orders:write']),
        bob.makeKey(['orders:read']),
      ]);
      const { body: order } = await request(app)
        .post('/orders')
        .set('X-API-Key', hers.key)
        .send({ item: ' tea ', quantity: 2 })
        .expect(201);
      expect(order).toMatchObject({ item: 'tea', quantity: 2, orderedAt: expect.any(String) });
      await request(app)
        .get('/orders')
        .set('Authorization', `Bearer ${hers.key}`)
        .expect(200, { items: [order] });
      await request(app).get('/orders').set('X-API-Key', his.key).expect(200, { items: [] });
    });

    it('refuses requests without a key, and keys without the scope', async () => {
      const { key } = await (await signIn('alice')).makeKey(['orders:read']);
      await request(app).get('/orders').expect(401);
      const { body } = await request(app).post('/orders').set('X-API-Key', key).send({}).expect(403);
      expect(body).toMatchObject({ code: 'insufficient_scope', missingScopes: ['orders:write'] });
    });

    it('refuses a sign-in token: it is no API key', async () => {
      const alice = await signIn('alice');
      await alice.send('get', '/orders').expect(401);
    });

    it.each([
      [{}, ['item', 'quantity']],
      [{ item: 'tea' }, ['quantity']],
      [{ item: '  ', quantity: 1 }, ['item']],
      [{ item: 'x'.repeat(101), quantity: 1 }, ['item']],
      [{ item: 'tea', quantity: 0 }, ['quantity']],
      [{ item: 'tea', quantity: 1.5 }, ['quantity']],
      [{ item: 'tea', quantity: '2' }, ['quantity']],
      [{ item: 'tea', quantity: 1001 }, ['quantity']],
      [[], ['item', 'quantity']],
    ])('names what is wrong with the order %j', async (order, fields) => {
      const { key } = await (await signIn('alice')).makeKey(['orders:write']);
      const { body } = await request(app).post('/orders').set('X-API-Key', key).send(order).expect(400);
      expect(body).toMatchObject({ code: 'invalid_request' });
      expect((body as { errors: Array<{ field: string }> }).errors.map(({ field }) => field)).toEqual(fields);
    });

    it('names fields that an order does not have, and few of many', async () => {
      const { key } = await (await signIn('alice')).makeKey(['orders:write']);
      const place = (order: object) => request(app).post('/orders').set('X-API-Key', key).send(order);
      const { body } = await place({ item: 'tea', quantity: 1, price: 0 }).expect(400);
      expect(body).toMatchObject({
        errors: [{ field: 'price', message: 'is not known; an order has item and quantity' }],
      });
      const many = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`field${index}`, 1]));
      const answer = await place({ item: 'tea', quantity: 1, ...many }).expect(400);
      expect((answer.body as { errors: unknown[] }).errors).toHaveLength(10);
    });
  });

  describe('orders of projects', () => {
    it('a key that is bound to one sees no byte of the others, on no route', async () => {
      const alice = await signIn('alice');
      const { key } = await alice.makeKey(['orders:read', 'orders:write']);
      const make = async (resources: object): Promise<string> => {
        const sent = { name: 'bound', scopes: ['orders:read', 'orders:write'], resources };
        const { body } = await alice.send('post', '/api-keys/keys').send(sent).expect(201);
        return (body as { key: string }).key;
      };
      const place = (project: string, by: string) =>
        request(app)
          .post(`/projects/${project}/orders`)
          .set('X-API-Key', by)
          .send({ item: `secret of ${project}`, quantity: 1 });
      const [first, second] = [await place('p1', key).expect(201), await place('p2', key).expect(201)];
      const idOf = ({ body }: { body: unknown }): number => (body as { id: number }).id;
      const bound = await make({ project: ['p1'] });
      const get = (path: string) => request(app).get(path).set('X-API-Key', bound);

      expect((await get('/orders').expect(200)).body).toEqual({ items: [first.body] });
      expect((await get('/projects/p1/orders').expect(200)).body).toEqual({ items: [first.body] });
      expect((await get(`/projects/p1/orders/${idOf(first)}`).expect(200)).body).toEqual(first.body);
      await place('p1', bound).expect(201);

      await get(`/projects/p1/orders/${idOf(second)}`).expect(404);
      const others = [
        '/projects/p2/orders',
        `/projects/p2/orders/${idOf(second)}`,
        `/projects/%70%32/orders/${idOf(second)}`,
        '/projects/__proto__/orders',
        '/projects/main/orders',
        '/block-trades',
      ];
      for (const path of others) {
        const { status, text } = await get(path);
        expect([path, status]).toEqual([path, 403]);
        expect(text).not.toContain('secret of');
      }
      await place('p2', bound).expect(403);
      await request(app)
        .post('/orders')
        .set('X-API-Key', bound)
        .send({ item: 'tea', quantity: 1 })
        .expect(403);
      const text = (await Promise.all(['/orders', '/projects/p1/orders'].map(get))).map(
        (answer) => answer.text,
      );
      expect(text.join()).not.toContain('p2');
    });

    it('refuses projects that cannot exist, and other methods', async () => {
      const { key } = await (await signIn('alice')).makeKey(['orders:write']);
      const place = (project: string) =>
        request(app)
          .post(`/projects/${project}/orders`)
          .set('X-API-Key', key)
          .send({ item: 'tea', quantity: 1 });
      await place('x'.repeat(65)).expect(404);
      await place('a%20b').expect(404);
      await request(app).delete('/projects/p1/orders').expect(405);
      await request(app).delete('/projects/p1/orders/1').expect(405);
    });
  });

  describe('plans', () => {
    it('a demotion is refused on the next request, and a promotion works on the next', async () => {
      const [alice, admin] = await Promise.all([signIn('alice'), signIn('admin')]);
      const setPlan = (plan: string | null) =>
        admin.send('put', '/api-keys/owners/alice').send({ plan }).expect(200);
      const offered = { name: 'reports', scopes: ['orders:write', 'reports:read'] };
      const refused = await alice.send('post', '/api-keys/keys').send(offered).expect(403);
      expect(refused.body).toMatchObject({ code: 'forbidden' });

      await setPlan('pro');
      const { key } = await alice.makeKey(offered.scopes);
      const report = () => request(app).get('/report').set('X-API-Key', key);
      const place = (project: string) =>
        request(app)
          .post(`/projects/${project}/orders`)
          .set('X-API-Key', key)
          .send({ item: 'coffee', quantity: 2 })
          .expect(201);
      for (const project of ['r1', 'r1', 'r2']) await place(project);
      const bound = { ...offered, resources: { project: ['r1'] } };
      const { body: other } = await alice.send('post', '/api-keys/keys').send(bound).expect(201);
      for (const round of [1, 2]) {
        const { body } = await report().expect(200);
        expect((body as { items: object[] }).items).toEqual(
          expect.arrayContaining([
            { project: 'r1', item: 'coffee', quantity: 4 },
            { project: 'r2', item: 'coffee', quantity: 2 },
          ]),
        );
        await request(app)
          .get('/report')
          .set('X-API-Key', (other as { key: string }).key)
          .expect(200, { items: [{ project: 'r1', item: 'coffee', quantity: 4 }] });
        await setPlan(round === 1 ? 'free' : null);
        const demoted = await report().expect(403);
        expect(demoted.body).toMatchObject({ code: 'insufficient_scope', missingScopes: ['reports:read'] });
        // What the plan includes works on.
        await request(app)
          .post('/orders')
          .set('X-API-Key', key)
          .send({ item: 'tea', quantity: 1 })
          .expect(201);
        if (round === 1) await setPlan('pro');
      }
    });

    it('are set by admins alone', async () => {
      for (const name of ['alice', 'mia']) {
        const user = await signIn(name);
        await user.send('put', '/api-keys/owners/alice').send({ plan: 'pro' }).expect(403);
      }
    });
  });

  describe('members of an organization', () => {
    it('may do what their role says, on the keys of the organization', async () => {
      const [mia, oscar, vera, alice] = await Promise.all(['mia', 'oscar', 'vera', 'alice'].map(signIn));
      const { id, key } = await mia!.makeKey(['orders:read']);
      const created = await vera!.send('get', `/api-keys/keys/${id}`).expect(200);
      expect(created.body).toMatchObject({
        ownerId: 'acme',
        createdBy: { memberId: 'mia', memberName: 'mia' },
      });
      await alice!.send('get', `/api-keys/keys/${id}`).expect(404);
      for (const user of [oscar!, vera!]) {
        const sent = { name: 'a key', scopes: ['orders:read'] };
        const { body } = await user.send('post', '/api-keys/keys').send(sent).expect(403);
        expect(body).toMatchObject({ code: 'forbidden' });
        await user.send('patch', `/api-keys/keys/${id}`).send({ name: 'another name' }).expect(403);
      }
      await vera!.send('post', `/api-keys/keys/${id}/rotate`).expect(403);
      await oscar!.send('post', `/api-keys/keys/${id}/rotate`).expect(200);
      await request(app).get('/orders').set('X-API-Key', key).expect(401);
      const trail = await vera!.send('get', '/api-keys/audit?memberId=oscar').expect(200);
      expect(trail.body).toMatchObject({ items: [{ action: 'key.rotated', keyId: id }] });
    });

    it('create no keys in the words of other systems, unless they are managers', async () => {
      const statuses = await Promise.all(
        ['mia', 'oscar', 'vera'].map(async (name) => {
          const user = await signIn(name);
          const made = await user.send('post', '/nebula/api/v1/api-keys').send({ name: 'k' });
          const listed = await user.send('get', '/nebula/api/v1/api-keys');
          return [made.status, listed.status];
        }),
      );
      expect(statuses).toEqual([
        [200, 200],
        [403, 200],
        [403, 200],
      ]);
    });
  });

  describe('signed orders', () => {
    const order = JSON.stringify({ item: 'tea', quantity: 2 });
    const url = 'http://127.0.0.1/orders';

    const place = (headers: Record<string, string>, body = order): request.Test =>
      request(app).post('/orders').set(headers).set('Content-Type', 'application/json').send(body);

    /** Makes a key that signs, through the endpoint for keys; what it signs with. */
    async function makeSigner(algorithm: 'ed25519' | 'hmac'): Promise<PrivateKeySigner | SecretSigner> {
      const alice = await signIn('alice');
      const make = async (fields: object): Promise<{ id: string; key?: string }> => {
        const sent = { name: 'signer', scopes: ['orders:write'], ...fields };
        const { body } = await alice.send('post', '/api-keys/keys').send(sent).expect(201);
        return body as { id: string; key?: string };
      };
      if (algorithm === 'hmac') {
        const { id, key = '' } = await make({ signing: 'hmac' });
        return { keyId: id, secret: key };
      }
      const { publicKey, privateKey } = generateKeyPairSync('ed25519');
      const { id, key } = await make({ publicKey: publicKey.export({ format: 'pem', type: 'spki' }) });
      expect(key).toBeUndefined();
      return { keyId: id, privateKey, tag: 'demo' };
    }

    it.each(['ed25519', 'hmac'] as const)(
      'are taken once each, and as they were signed (%s)',
      async (algorithm) => {
        const signer = await makeSigner(algorithm);
        const sign = () => signRequest({ method: 'POST', url, body: order }, signer);
        const headers = sign();
        const { body } = await place(headers).expect(201);
        expect(body).toMatchObject({ item: 'tea', quantity: 2 });
        const again = await place(headers).expect(401);
        expect(again.body).toMatchObject({ code: 'signature_replayed' });
        const changed = await place(sign(), order.replace('2', '3')).expect(401);
        expect(changed.body).toMatchObject({ code: 'invalid_signature' });
        await place(sign()).expect(201);
      },
    );

    it('need the scope, as other requests do', async () => {
      const signer = await makeSigner('ed25519');
      const alice = await signIn('alice');
      await alice
        .send('patch', `/api-keys/keys/${signer.keyId}`)
        .send({ scopes: ['orders:read'] })
        .expect(200);
      const refused = await place(signRequest({ method: 'POST', url, body: order }, signer)).expect(403);
      expect(refused.body).toMatchObject({ code: 'insufficient_scope', missingScopes: ['orders:write'] });
    });
  });

  describe('bodies', () => {
    const wrongBodies = [
      ['no JSON', 'application/json', '{ "item": ', 400, 'invalid_request', /must be valid JSON/],
      ['a form', 'application/x-www-form-urlencoded', 'item=tea', 415, 'unsupported_media_type', /Send JSON/],
      ['text', 'text/plain', '{"item":"tea"}', 415, 'unsupported_media_type', /Send JSON/],
      ['too long', 'application/json', `"${'x'.repeat(17_000)}"`, 413, 'payload_too_large', /at most 16 KiB/],
      ['not in UTF-8', 'application/json; charset=koi8-r', '{}', 415, 'unsupported_media_type', /UTF-8/],
    ] as const;

    it.each(wrongBodies)('are refused when they are %s', async (_what, type, sent, status, code, detail) => {
      const { key } = await (await signIn('alice')).makeKey(['orders:write']);
      for (const path of ['/orders', '/signin']) {
        const { body, headers } = await request(app)
          .post(path)
          .set('X-API-Key', key)
          .set('Content-Type', type)
          .send(sent)
          .expect(status);
        expect(body).toMatchObject({ status, code, detail: expect.stringMatching(detail) });
        expect(headers['content-type']).toMatch(/^application\/problem\+json/);
      }
    });

    it.each(wrongBodies)('are not looked at without a key, when they are %s', async (_what, type, sent) => {
      const { body } = await request(app).post('/orders').set('Content-Type', type).send(sent).expect(401);
      expect(body).toMatchObject({ code: 'missing_credential' });
    });
  });

  it.each([
    ['delete', '/orders', 'GET, HEAD, POST'],
    ['options', '/orders', 'GET, HEAD, POST'],
    ['put', '/orders', 'GET, HEAD, POST'],
    ['get', '/signin', 'POST'],
    ['options', '/signin', 'POST'],
    ['post', '/report', 'GET, HEAD'],
    ['post', '/health', 'GET, HEAD'],
    ['delete', '/ready', 'GET, HEAD'],
    ['post', '/metrics', 'GET, HEAD'],
  ] as const)('refuses %s %s, and says what may be used', async (method, path, allowed) => {
    const { body, headers } = await request(app)[method](path).expect(405);
    expect(headers['allow']).toBe(allowed);
    expect(body).toMatchObject({ code: 'method_not_allowed' });
  });

  it('says how it is, and nothing of its software', async () => {
    const { headers } = await request(app).get('/health').expect(200, { status: 'up' });
    expect(headers['x-powered-by']).toBeUndefined();
    expect(headers['content-security-policy']).toBeDefined();
    const { body } = await request(app).get('/ready').expect(200);
    expect(body).toMatchObject({ ready: true, state: 'normal', database: 'up', redis: 'none' });
    await request(app).get('/nowhere').expect(404);
  });

  it('shows its metrics to who has the token for them, and to nobody else', async () => {
    const { key } = await (await signIn('alice')).makeKey(['orders:read']);
    await request(app).get('/orders').set('X-API-Key', key).expect(200);
    const { text, headers } = await request(app)
      .get('/metrics')
      .set('Authorization', 'Bearer a-token-for-prometheus')
      .expect(200);
    expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(text).toMatch(/^api_keys_verifications_total\{code="allowed",source="database"\} [1-9]/m);
    expect(text).toContain('process_cpu_seconds_total');
    for (const authorization of [
      '',
      'Bearer a-token-for-prometheuS',
      `Bearer ${key}`,
      'a-token-for-prometheus',
    ]) {
      const refused = await request(app).get('/metrics').set('Authorization', authorization).expect(401);
      expect(refused.text).not.toContain('api_keys');
      expect(refused.headers['www-authenticate']).toBe('Bearer realm="example-app metrics"');
    }
    const other = createApp({ ...settingsIn(folder), metricsToken: undefined });
    await request(other.app).get('/metrics').set('Authorization', 'Bearer undefined').expect(404);
    await other.close();
  });

  it('is up but not ready before its keys can be checked', async () => {
    const other = createApp({ ...settingsIn(folder), database: 'postgres://nobody@127.0.0.1:1/none' });
    await request(other.app).get('/health').expect(200);
    const { body } = await request(other.app).get('/ready').expect(503);
    expect(body).toMatchObject({ ready: false, state: 'not_ready', database: 'down' });
    const { headers } = await request(other.app)
      .get('/orders')
      .set('X-API-Key', (await (await signIn('alice')).makeKey(['orders:read'])).key)
      .expect(503);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    await other.close();
  });
});
