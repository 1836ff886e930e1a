import {
  alice,
  bob,
  expectProblem,
  fieldsOf,
  makeKey,
  mountPath,
  root,
  startAdminApp,
  use,
  type AdminApp,
} from './admin-app.js';

let adminApp: AdminApp;
beforeAll(async () => {
  adminApp = await startAdminApp();
});
afterAll(() => adminApp.close());

const post = (body: object) => adminApp.as(alice).post('/keys').send(body);

describe('POST /keys', () => {
  describe('201', () => {
    it('shows the key, its token once, its version and where it is found', async () => {
      const answer = await post({ name: 'ci', scopes: ['orders:read'] }).expect(201);
      expect(answer.body).toEqual({
        id: expect.stringMatching(/^[0-9A-Za-z]{16}$/) as string,
        keyspace: 'default',
        ownerId: 'alice',
        name: 'ci',
        description: null,
        scopes: ['orders:read'],
        environment: 'live',
        state: 'active',
        enabled: true,
        expiresAt: null,
        ipAllowlist: null,
        resources: null,
        metadata: {},
        number: null,
        features: [],
        tags: [],
        rateLimits: [],
        credits: null,
        tokenLifetimeSeconds: null,
        maxIdleDays: null,
        idleAt: null,
        revocationReason: null,
        revocationComment: null,
        lastUsedAddress: null,
        hint: expect.stringMatching(/^acme_live_….{4}$/) as string,
        signing: null,
        publicKey: null,
        previousSecretEndsAt: null,
        graceFromFirstUseSeconds: null,
        version: 1,
        createdAt: new Date(adminApp.now()).toISOString(),
        createdBy: { kind: 'owner', id: 'alice' },
        parentId: null,
        inactiveAncestor: null,
        updatedAt: new Date(adminApp.now()).toISOString(),
        revokedAt: null,
        lastUsedAt: null,
        useCount: 0,
        key: expect.stringMatching(/^acme_live_[0-9A-Za-z]{65}$/) as string,
      });
      const { id, key } = answer.body as { id: string; key: string };
      expect(answer.headers).toMatchObject({
        location: `${mountPath}/keys/${id}`,
        etag: '"1"',
        'cache-control': 'no-store',
        pragma: 'no-cache',
        'content-type': 'application/json; charset=utf-8',
      });
      expect(await use(adminApp, key)).toBe(200);
    });

    it('takes every field that a key has', async () => {
      const fields = {
        name: 'all',
        description: 'two\nlines',
        scopes: ['orders:read', 'orders:write'],
        expiresAt: '2027-01-31T12:00:00+01:00',
        ipAllowlist: ['10.0.0.0/8', '::ffff:192.0.2.7'],
        metadata: { team: ['a', { b: 1 }] },
        environment: 'test',
      };
      const answer = await post(fields).expect(201);
      expect(answer.body).toMatchObject({
        ...fields,
        expiresAt: '2027-01-31T11:00:00.000Z',
        ipAllowlist: ['10.0.0.0/8', '192.0.2.7'],
        key: expect.stringMatching(/^acme_test_/) as string,
      });
    });

    it('makes a key without any scope out of an empty list', async () => {
      const answer = await post({ name: 'none', scopes: [] }).expect(201);
      const { key } = answer.body as { key: string };
      expect(await use(adminApp, key)).toBe(403);
    });

    it('lets an admin say whose key it is', async () => {
      const made = await makeKey(adminApp, root, { ownerId: 'bob' });
      expect(made).toMatchObject({ ownerId: 'bob' });
      await adminApp.as(bob).get(`/keys/${made.id}`).expect(200);
    });

    it('finds the key at the address that it names', async () => {
      const answer = await post({ name: 'ci', scopes: [] }).expect(201);
      const path = String(answer.headers.location).slice(mountPath.length);
      await adminApp.as(alice).get(path).expect(200);
    });
  });

  describe('400', () => {
    it('names every field that is missing', async () => {
      const answer = await post({});
      expectProblem(answer, 400, 'invalid_request');
      expect(fieldsOf(answer)).toEqual(['name', 'scopes']);
    });

    it('names every field that is wrong, and repeats no value', async () => {
      const answer = await post({
        name: 'wrong\u0000value',
        scopes: ['wrong:value'],
        description: 7,
        expiresAt: 'wrong value',
        ipAllowlist: [],
        metadata: 'wrong value',
        environment: 'wrong value',
        colour: 'wrong value',
      });
      expectProblem(answer, 400, 'invalid_request');
      expect(fieldsOf(answer)).toEqual([
        'name',
        'scopes',
        'description',
        'expiresAt',
        'ipAllowlist',
        'metadata',
        'environment',
        'colour',
      ]);
      expect(answer.text).not.toMatch(/wrong.?value/);
    });

    it.each([
      ['name', ''],
      ['name', '   '],
      ['name', null],
      ['name', 'x'.repeat(101)],
      ['scopes', null],
      ['scopes', 'orders:read'],
      ['scopes', ['orders:read', 'orders:read']],
      ['scopes', ['ORDERS:READ']],
      ['scopes', [['orders:read']]],
      ['description', 'x'.repeat(501)],
      ['expiresAt', '2026-11-21T12:00:00Z'],
      ['expiresAt', 1_900_000_000_000],
      ['ipAllowlist', ['0.0.0.0/0']],
      ['ipAllowlist', {}],
      ['metadata', null],
      ['metadata', [1]],
      ['metadata', { big: 'x'.repeat(5000) }],
      ['environment', 'LIVE'],
    ])('refuses %s: %j', async (field, value) => {
      const answer = await post({ name: 'a key', scopes: [], [field]: value });
      expectProblem(answer, 400, 'invalid_request');
      expect(fieldsOf(answer)).toEqual([field]);
    });

    it.each(['alice', 'bob'])('refuses an owner who names an owner (%s)', async (ownerId) => {
      const answer = await post({ name: 'a key', scopes: [], ownerId });
      expectProblem(answer, 400, 'invalid_request');
      expect(fieldsOf(answer)).toEqual(['ownerId']);
    });

    it('refuses an admin who names none', async () => {
      const answer = await adminApp.as(root).post('/keys').send({ name: 'a key', scopes: [] });
      expectProblem(answer, 400, 'invalid_request');
      expect(fieldsOf(answer)).toEqual(['ownerId']);
    });

    it('says which name was probably meant', async () => {
      const answer = await post({ name: 'a key', scopes: [], expiresat: null });
      expect(answer.body).toMatchObject({
        errors: [{ field: 'expiresat', message: "is not accepted here; did you mean 'expiresAt'?" }],
      });
    });

    it('refuses query parameters, none of which it knows', async () => {
      const answer = await adminApp.as(alice).post('/keys?dryRun=1').send({ name: 'a key', scopes: [] });
      expectProblem(answer, 400, 'invalid_request');
      expect(fieldsOf(answer)).toEqual(['?dryRun']);
    });
  });

  describe('401', () => {
    it('makes no key for nobody', async () => {
      const answer = await adminApp.as(null).post('/keys').send({ name: 'a key', scopes: [], ownerId: 'x' });
      expectProblem(answer, 401, 'unauthenticated');
      expect(answer.headers['www-authenticate']).toBe('Bearer realm="acme"');
    });
  });

  describe('403', () => {
    it('lets no owner grant a wildcard', async () => {
      expectProblem(await post({ name: 'a key', scopes: ['*'] }), 403, 'forbidden');
    });

    it('lets no key make a key unless a management scope is configured', async () => {
      const { key } = await makeKey(adminApp, alice, { scopes: ['keys:manage'] });
      const answer = await adminApp.as({ token: key }).post('/keys').send({ name: 'a key', scopes: [] });
      expectProblem(answer, 403, 'forbidden');
    });
  });
});

describe('POST /keys by a key', () => {
  let managed: AdminApp;
  beforeAll(async () => {
    managed = await startAdminApp({ router: { managementScope: 'keys:manage' } });
  });
  afterAll(() => managed.close());

  it('makes a key of the same owner, at or below itself', async () => {
    const maker = await makeKey(managed, alice, { scopes: ['keys:manage', 'orders:read'] });
    const made = await makeKey(managed, { token: maker.key }, { scopes: ['orders:read'] });
    expect(made).toMatchObject({ ownerId: 'alice', scopes: ['orders:read'] });
  });

  it('refuses a key that does not hold the management scope, and names it', async () => {
    const { key } = await makeKey(managed, alice, { scopes: ['orders:read'] });
    const answer = await managed.as({ token: key }).post('/keys').send({ name: 'a key', scopes: [] });
    expectProblem(answer, 403, 'insufficient_scope');
    expect(answer.headers['www-authenticate']).toBe(
      'Bearer realm="acme", error="insufficient_scope", scope="keys:manage"',
    );
  });

  it.each([
    ['scopes', ['orders:write'], 'insufficient_scope'],
    ['expiresAt', '2028-01-01T00:00:00Z', 'forbidden'],
    ['expiresAt', null, 'forbidden'],
    ['ipAllowlist', ['192.0.2.1'], 'forbidden'],
    ['ipAllowlist', null, 'forbidden'],
    ['environment', 'test', 'forbidden'],
  ])('refuses %s beyond its own: %j', async (field, value, code) => {
    const maker = await makeKey(managed, alice, {
      scopes: ['keys:manage', 'orders:read'],
      expiresAt: '2027-01-01T00:00:00Z',
      ipAllowlist: ['127.0.0.0/8', '::1'],
    });
    const answer = await managed
      .as({ token: maker.key })
      .post('/keys')
      .send({
        name: 'a key',
        scopes: ['orders:read'],
        expiresAt: '2026-12-01T00:00:00Z',
        ipAllowlist: ['127.0.0.1'],
        [field]: value,
      });
    expectProblem(answer, 403, code);
  });
});
