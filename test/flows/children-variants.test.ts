import express from 'express';
import request, { type Test } from 'supertest';
import { apiKeyOf, type ApiKeyIdentity } from '../../lib/index.js';
import { createInstance, type TestInstance } from '../harness/instance.js';
import { hmacAuthorization, newNonce, signed } from '../harness/signing.js';
import { newEd25519, pemOf } from '../harness/signed-app.js';
import { theApp } from '../harness/the-app.js';

const dayMs = 24 * 60 * 60 * 1000;
const minuteMs = 60 * 1000;

interface MadeKey {
  readonly id: string;
  readonly token: string;
}

let instance: TestInstance;
let app: express.Express;
/** The identity with which the router of `/late` lets keys manage keys, however old it is. */
let late: ApiKeyIdentity | undefined;

beforeAll(async () => {
  instance = createInstance({
    features: { beta: 'Beta' },
    signatures: { origin: 'http://api.example' },
    tokens: { issuer: 'http://api.example' },
    policy: { maxIdleDays: 30 },
    plans: { pro: {}, lapsed: { scopes: ['users:read'] } },
    defaultPlan: 'pro',
  } as never);
  const { apiKeys } = instance;
  await apiKeys.ready();
  app = express();
  const answer = (_req: express.Request, res: express.Response): void => void res.sendStatus(200);
  app.get('/orders', apiKeys.requireApiKey('orders:read'), answer);
  app.get('/signed', apiKeys.requireApiKey('orders:read', { signed: 'required' }), answer);
  app.post('/mcp', express.json(), apiKeys.mcpGuard({ tools: { read_orders: 'orders:read' } }), answer);
  app.use('/forward', apiKeys.forwardAuthRouter({ scopes: 'orders:read' }));
  app.get('/by-hand', async (req, res) => {
    const verdict = await apiKeys.keys.verifyRequest(req, { scopes: 'orders:read' });
    if (verdict.allowed) res.sendStatus(200);
    else res.status(verdict.status).type('application/problem+json').send(verdict.body);
  });
  app.use('/oauth', apiKeys.tokenRouter());
  app.use(
    '/manage',
    apiKeys.requireApiKey('users:read'),
    apiKeys.adminRouter({
      managementScope: 'users:read',
      authorize: (req) => ({ kind: 'key', apiKey: apiKeyOf(req) }),
    }),
  );
  app.use(
    '/late',
    apiKeys.adminRouter({
      managementScope: 'users:read',
      authorize: () => (late === undefined ? null : { kind: 'key', apiKey: late }),
    }),
  );
  app.get('/who', apiKeys.requireApiKey.anyScope(), (req, res) => {
    late = apiKeyOf(req);
    res.sendStatus(200);
  });
});
afterAll(() => instance.apiKeys.close());

const keys = () => instance.apiKeys.keys.as(theApp);
const by = (token: string) => ({ Authorization: `Bearer ${token}` });

const makeTop = (input: object = {}): Promise<MadeKey> =>
  instance.key({ scopes: ['users:read', 'orders:read'], ...input });

async function makeChild(of: MadeKey, input: object = {}): Promise<MadeKey> {
  const body = { name: 'child', scopes: ['users:read', 'orders:read'], ...input };
  const made = await request(app).post('/manage/keys').set(by(of.token)).send(body);
  expect([made.status, made.body.parentId]).toEqual([201, of.id]);
  return { id: made.body.id, token: made.body.key ?? '' };
}

async function exchange({ id, token }: MadeKey) {
  return request(app)
    .post('/oauth/token')
    .type('form')
    .set('Authorization', `Basic ${Buffer.from(`${id}:${token.slice(-49, -6)}`).toString('base64')}`)
    .send({ grant_type: 'client_credentials' });
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** A way in which a key is used: made below a key, and sent again and again. */
type Way = (parent: MadeKey) => Promise<() => Test>;

const ways: Readonly<Record<string, Way>> = {
  async 'its secret'(parent) {
    const { token } = await makeChild(parent);
    return () => request(app).get('/orders').set(by(token));
  },
  async 'an access token'(parent) {
    const { body } = await exchange(await makeChild(parent));
    return () =>
      request(app)
        .get('/orders')
        .set(by(body.access_token as string));
  },
  async 'its signature (RFC 9421)'(parent) {
    const { publicKey, privateKey } = newEd25519();
    const { id: keyId } = await makeChild(parent, { publicKey: pemOf(publicKey) });
    return () => {
      const now = instance.clock.now();
      const { input, signature, label } = signed({ keyId, privateKey }, { method: 'GET', now });
      return request(app)
        .get('/signed')
        .set({ 'Signature-Input': `${label}=${input}`, Signature: `${label}=:${signature}:` });
    };
  },
  async 'its signature (HMAC)'(parent) {
    const { id, token } = await makeChild(parent, { signing: 'hmac' });
    return () => {
      const signing = { method: 'GET', body: '', ts: instance.clock.now(), nonce: newNonce() };
      return request(app)
        .get('/signed')
        .set({ Authorization: hmacAuthorization(id, token, signing) });
    };
  },
  async 'a call of an MCP tool'(parent) {
    const { token } = await makeChild(parent);
    const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'read_orders' } };
    return () => request(app).post('/mcp').set(by(token)).send(call);
  },
  async 'forward auth'(parent) {
    const { token } = await makeChild(parent);
    return () => request(app).get('/forward').set(by(token));
  },
  async verifyRequest(parent) {
    const { token } = await makeChild(parent);
    return () => request(app).get('/by-hand').set(by(token));
  },
};

/** What takes away from a key above, and the code that the keys below are refused with. */
const changes: Readonly<Record<string, [code: string, change: (id: string) => Promise<unknown>]>> = {
  narrowed: ['insufficient_scope', (id) => keys().update({ id, scopes: ['users:read'] })],
  disabled: ['key_disabled', (id) => keys().update({ id, enabled: false })],
  revoked: ['key_revoked', (id) => keys().revoke({ id })],
  expired: [
    'key_expired',
    async (id) => {
      await keys().update({ id, expiresAt: new Date(instance.clock.now() + minuteMs) });
      instance.clock.advance(minuteMs);
    },
  ],
};

/** Refusals of some edges have no body, only the code in `WWW-Authenticate` or none. */
const isRefusedWith = (code: string, { status, body, headers }: Awaited<Test>): boolean =>
  (status === 401 || status === 403) &&
  (JSON.stringify([body, headers]).includes(code) || (body as { code?: unknown }).code === undefined);

describe('a key that is used by each way', () => {
  it.each(Object.keys(ways))('is refused with the keys above it: %s', async (name) => {
    const way = ways[name] as Way;
    for (const [what, [code, change]] of Object.entries(changes)) {
      const top = await makeTop();
      const parent = await makeChild(top);
      const ask = [await way(top), await way(parent)];
      for (const each of ask) expect([what, (await each()).status]).toEqual([what, 200]);
      await change(top.id);
      for (const each of ask) {
        const answer = await each();
        expect([what, isRefusedWith(code, answer), answer.status, answer.body]).toEqual([
          ...[what, true, expect.any(Number), answer.body],
        ]);
      }
    }
  });

  it.each(Object.keys(ways))('is refused while a key above it is idle: %s', async (name) => {
    const top = await makeTop();
    const parent = await makeChild(top);
    instance.clock.advance(29.99 * dayMs);
    // The child is new, and the top was not used since.
    const { token } = parent;
    await request(app).get('/orders').set(by(token)).expect(200);
    const ask = await (ways[name] as Way)(parent);
    expect((await ask()).status).toBe(200);
    // Uses are written in the background.
    await until(
      async () => (await keys().get({ id: parent.id }))?.lastUsedAt?.getTime() === instance.clock.now(),
    );
    instance.clock.advance(20 * minuteMs);
    const answer = await ask();
    expect([isRefusedWith('key_expired', answer), answer.status]).toEqual([true, 401]);
    // Whoever makes the key above usable again makes those below it usable.
    await keys().update({ id: top.id, enabled: false });
    await keys().update({ id: top.id, enabled: true });
    expect((await ask()).status).toBe(200);
  });
});

it('an idle key above is the reason that a refusal names, and no token is issued for the key', async () => {
  const top = await makeTop();
  const child = await makeChild(top);
  instance.clock.advance(29.99 * dayMs);
  await request(app).get('/orders').set(by(child.token)).expect(200);
  instance.clock.advance(20 * minuteMs);
  const { body } = await request(app).get('/orders').set(by(child.token)).expect(401);
  expect([body.code, body.reason]).toEqual(['key_expired', 'idle']);
  expect(body.detail).toBe('A key above this API key, which it was made with, has expired.');
  expect((await exchange(child)).status).toBe(401);
});

it('is limited by the plan of its owner, and ends with its owner', async () => {
  const owners = instance.apiKeys.owners.as(theApp);
  const ownerId = 'of a plan';
  const child = await makeChild(await makeTop({ ownerId }));
  await owners.set({ ownerId, plan: 'lapsed' } as never);
  const { body } = await request(app).get('/orders').set(by(child.token)).expect(403);
  expect(body.code).toBe('insufficient_scope');
  await owners.set({ ownerId, plan: 'pro' } as never);
  await request(app).get('/orders').set(by(child.token)).expect(200);
  await owners.erase({ ownerId });
  expect((await request(app).get('/orders').set(by(child.token))).body.code).toBe('key_revoked');
  expect(await keys().get({ id: child.id })).toMatchObject({
    state: 'revoked',
    name: expect.not.stringMatching('child'),
  });
});

it('is revoked by revokeAll as every key of its owner, and its entry names the key that made it', async () => {
  const ownerId = 'of many keys';
  const top = await makeTop({ ownerId });
  const child = await makeChild(top);
  const audit = instance.apiKeys.audit.as(theApp);
  const entries = async () =>
    (await audit.list({ keyId: child.id })).items.map(({ action, actor }) => [action, actor.kind, actor.id]);
  expect(await entries()).toEqual([['key.created', 'key', top.id]]);
  // A change of the parent is no change of the child.
  await keys().update({ id: top.id, enabled: false });
  expect(await entries()).toHaveLength(1);
  await keys().revokeAll({ ownerId });
  expect((await keys().get({ id: child.id }))?.state).toBe('revoked');
  expect(await entries()).toHaveLength(2);
});

it('gets no other parent, by no request', async () => {
  const top = await makeTop();
  const [child, sibling] = [await makeChild(top), await makeChild(top)];
  const moved = await request(app)
    .patch(`/manage/keys/${child.id}`)
    .set(by(top.token))
    .send({ parentId: sibling.id });
  expect([moved.status, moved.body.code]).toEqual([400, 'invalid_request']);
  const made = await request(app)
    .post('/manage/keys')
    .set(by(child.token))
    .send({ name: 'child', scopes: [], parentId: top.id });
  expect([made.status, made.body.code]).toEqual([400, 'invalid_request']);
  const inCode = keys().update({ id: child.id, parentId: sibling.id } as never);
  await expect(inCode).rejects.toMatchObject({ code: 'ERR_API_KEYS_INVALID_REQUEST' });
  expect((await keys().get({ id: child.id }))?.parentId).toBe(top.id);
});

it.each([
  ...Object.entries(changes).map(([name, [, change]]) => [name, change] as const),
  ['idle', async () => instance.clock.advance(31 * dayMs)] as const,
])(
  'is not made by a key that is %s by now, or that is below such a key, however the app recognises it',
  async (_, change) => {
    const top = await makeTop();
    for (const maker of [top, await makeChild(top)]) {
      await request(app).get('/who').set(by(maker.token)).expect(200);
      const identity = late;
      if (maker !== top) await change(top.id);
      late = identity;
      if (maker === top) continue;
      const made = await request(app)
        .post('/late/keys')
        .send({ name: 'late', scopes: ['orders:read'] });
      expect([made.status, made.body.code]).toEqual([
        403,
        expect.stringMatching(/forbidden|insufficient_scope/),
      ]);
    }
  },
);

it('says in lists and on its own page because of which key it is refused, and can be listed by that', async () => {
  const ownerId = 'of lists';
  const top = await makeTop({ ownerId });
  const parent = await makeChild(top);
  const child = await makeChild(parent);
  const inactiveOf = async () => {
    const { items } = await keys().list({ ownerId });
    const shown = Object.fromEntries(items.map(({ id, inactiveAncestor }) => [id, inactiveAncestor]));
    expect((await keys().get({ id: child.id }))?.inactiveAncestor).toEqual(shown[child.id]);
    return [top, parent, child].map(({ id }) => shown[id]);
  };
  const listIds = async (query: string) => {
    const { body } = await request(app).get(`/manage/keys?${query}`).set(by(lister.token)).expect(200);
    return (body.items as { id: string }[]).map(({ id }) => id);
  };
  const lister = await makeTop({ ownerId });
  expect(await inactiveOf()).toEqual([null, null, null]);
  expect(await listIds('inactiveAncestor=true')).toEqual([]);
  await keys().update({ id: parent.id, enabled: false });
  expect(await inactiveOf()).toEqual([null, null, { id: parent.id, state: 'disabled' }]);
  expect(await listIds('inactiveAncestor=true')).toEqual([child.id]);
  await keys().revoke({ id: top.id });
  const revoked = { id: top.id, state: 'revoked' };
  expect(await inactiveOf()).toEqual([null, revoked, revoked]);
  expect(await listIds('inactiveAncestor=true&state=active')).toEqual([child.id]);
  expect(await listIds('inactiveAncestor=false&state=active')).toEqual([lister.id]);
  const below = await keys().list({ inactiveAncestor: true, ownerId });
  expect(new Set(below.items.map(({ id }) => id))).toEqual(new Set([child.id, parent.id]));
  const { items } = await keys().posture({ ownerId });
  expect(new Set(items.map(({ keyId }) => keyId))).toEqual(new Set([lister.id]));
});
