import express from 'express';
import fc from 'fast-check';
import request, { type Response } from 'supertest';
import { createApiKeys, type Actor, type ApiKeys, type ApiKeysOptions } from '../../lib/index.js';
import { fixedClock, memoryStore } from '../../lib/testing/index.js';
import { testPepper } from '../harness/instance.js';

const store = memoryStore();
const clock = fixedClock(Date.UTC(2026, 5, 1));
const common = { prefix: 'acme', pepper: testPepper, bcryptCost: 8, store, clock } as const;
const rateLimits = [{ name: 'minute', limit: 100, windowSeconds: 60 }];

/** Keys are made under these options … */
const before = createApiKeys({
  ...common,
  scopes: {
    'orders:read': 'Read',
    'orders:write': 'Write',
    'old:read': 'Left later',
    'keys:manage': 'Manage',
  },
  features: { beta: 'Beta', legacy: 'Left later' },
});
/** … and changed under these, which are tighter. */
const after = createApiKeys({
  ...common,
  scopes: { 'orders:read': 'Read', 'orders:write': 'Write', 'keys:manage': 'Manage' },
  features: { beta: 'Beta' },
  limits: { ceilings: { rateLimits: [{ name: 'minute', limit: 10, windowSeconds: 60 }], credits: 5 } },
} satisfies ApiKeysOptions<string, string>) as ApiKeys<string, string>;

const alice: Actor = { kind: 'owner', ownerId: 'alice' };
const admin: Actor = { kind: 'admin', id: 'olga' };
const makeKeys = before.keys.as({ kind: 'application' });

const app = express();
const guard = after.requireApiKey('keys:manage', { credentialFrom: ['x-acting-key'], cost: 0 });
app.use((req, res, next) => (req.get('x-acting-key') === undefined ? next() : guard(req, res, next)));
app.use(
  '/api-keys',
  after.adminRouter({
    managementScope: 'keys:manage',
    authorize: (req) =>
      req.apiKey === undefined
        ? (JSON.parse(req.get('x-actor') ?? '') as Actor)
        : { kind: 'key', apiKey: req.apiKey },
  }),
);
const server = app.listen(0);

beforeAll(() => Promise.all([before.ready(), after.ready()]));
afterAll(async () => {
  server.close();
  await Promise.all([before.close(), after.close()]);
});
beforeEach(() => clock.set(Date.UTC(2026, 5, 1)));

const get = async (id: string, actor: Actor = alice): Promise<Record<string, unknown>> => {
  const answer = await request(server).get(`/api-keys/keys/${id}`).set('x-actor', JSON.stringify(actor));
  expect(answer.status).toBe(200);
  return answer.body as Record<string, unknown>;
};
const patch = (id: string, body: object, actor: Actor = alice): Promise<Response> =>
  Promise.resolve(
    request(server).patch(`/api-keys/keys/${id}`).set('x-actor', JSON.stringify(actor)).send(body),
  );

const shapes = fc.record(
  {
    name: fc.constant('CI'),
    ownerId: fc.constant('alice'),
    scopes: fc.subarray(['orders:*', 'orders:read', 'old:read', 'old:*', '*'] as const),
    features: fc.subarray(['beta', 'legacy'] as const),
    expiresAt: fc.constantFrom(null, '2026-06-02T00:00:00Z', '2099-01-01T00:00:00+02:00'),
    ipAllowlist: fc.constantFrom(null, ['192.0.2.7', '2001:DB8:0::/32'], ['::ffff:192.0.2.1']),
    metadata: fc.constantFrom({}, { a: [1, { b: null }] }),
    tags: fc.subarray(['a', 'b']),
    rateLimits: fc.constantFrom([], rateLimits),
    credits: fc.constantFrom(
      null,
      { remaining: 50 },
      { remaining: 1, refillAmount: 50, refillIntervalSeconds: 60 },
    ),
    description: fc.constantFrom(null, 'two\nlines'),
  },
  { requiredKeys: ['name', 'ownerId', 'scopes'] },
);
type Shape = Parameters<typeof makeKeys.create>[0];

describe('PATCH with what GET has returned', () => {
  it('changes nothing and is 200, whatever the key was made with and however options were tightened since', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, fc.constantFrom<Actor[]>(alice, admin), async (shape, actor) => {
        clock.set(Date.UTC(2026, 5, 1));
        const { id } = await makeKeys.create(shape as unknown as Shape);
        clock.set(Date.UTC(2026, 6, 1));
        const shown = await get(id, actor);
        const answer = await patch(id, shown, actor);
        expect([answer.status, answer.body]).toEqual([200, shown]);
        expect(await get(id, actor)).toEqual(shown);
        const renamed = await patch(id, { ...shown, name: 'renamed' }, actor);
        expect(renamed.status).toBe(200);
        expect(renamed.body).toEqual({
          ...shown,
          name: 'renamed',
          version: 2,
          updatedAt: '2026-07-01T00:00:00.000Z',
        });
      }),
      { numRuns: 60 },
    );
  });

  it('is the same in code, with Dates', async () => {
    const { id } = await makeKeys.create({
      ownerId: 'alice',
      name: 'CI',
      scopes: ['old:read'],
      expiresAt: new Date(Date.UTC(2026, 5, 2)),
    });
    clock.set(Date.UTC(2026, 6, 1));
    const keys = after.keys.as({ kind: 'application' });
    const key = await keys.get({ id });
    const same = await keys.update({ ...key, id } as Parameters<typeof keys.update>[0]);
    expect(same).toMatchObject({ version: 1, expiresAt: key?.expiresAt });
    const { items } = await after.audit.as({ kind: 'application' }).list({ keyId: id });
    expect(items.map(({ action }) => action)).toEqual(['key.created']);
  });

  it('is not taken for what JSON would make of a value that is none', async () => {
    const { id } = await makeKeys.create({ ownerId: 'alice', name: 'CI', scopes: [] });
    const keys = after.keys.as({ kind: 'application' });
    const values = [
      ['expiresAt', new Date(Number.NaN)],
      ['tokenLifetimeSeconds', Number.NaN],
      ['name', Object('CI') as unknown],
      ['name', { toJSON: () => 'CI' }],
      ['tags', [undefined]],
    ] as const;
    for (const [name, value] of values) {
      await expect(keys.update({ id, [name]: value } as never)).rejects.toMatchObject({
        problem: 'invalid_request',
      });
    }
  });

  it('names what differs alone, in the answer and in the audit trail', async () => {
    const { id } = await makeKeys.create({ ownerId: 'alice', name: 'CI', scopes: ['old:read'] });
    const shown = await get(id);
    const refused = await patch(id, { ...shown, name: '', scopes: ['old:read', 'orders:*'], version: 7 });
    expect(refused.status).toBe(400);
    const { errors } = refused.body as { errors: { field: string }[] };
    expect(errors.map(({ field }) => field).sort()).toEqual(['name', 'scopes', 'version']);
    expect((await patch(id, { ...shown, tags: ['x'] })).status).toBe(200);
    const { items } = await after.audit.as({ kind: 'application' }).list({ keyId: id });
    expect(items[0]?.changedFields).toEqual(['tags']);
  });

  it('takes what the package counts itself as it was read, and no other count', async () => {
    const { id } = await makeKeys.create({ ownerId: 'alice', name: 'CI', scopes: [] });
    const shown = await get(id);
    expect((await patch(id, { useCount: 0, lastUsedAt: null, lastUsedAddress: null })).body).toEqual(shown);
    for (const change of [
      { useCount: 99 },
      { lastUsedAt: '2026-01-01T00:00:00Z' },
      { lastUsedAddress: '192.0.2.1' },
    ]) {
      expect((await patch(id, { ...shown, ...change })).status).toBe(400);
    }
  });
});

describe('a real change is judged as before', () => {
  it.each<[string, object, number]>([
    ['a wildcard', { scopes: ['orders:*', 'orders:write'] }, 403],
    ['a scope that left the catalogue, on another key', { scopes: ['old:read'] }, 400],
    ['limits above the ceiling', { rateLimits: [{ name: 'minute', limit: 99, windowSeconds: 60 }] }, 403],
    [
      'credits above the ceiling',
      { credits: { remaining: 49, refillAmount: null, refillIntervalSeconds: null } },
      403,
    ],
    ['an end in the past', { expiresAt: '2026-05-31T00:00:00Z' }, 400],
    ['a feature that was removed', { features: ['legacy'] }, 400],
    ['another owner', { ownerId: 'bob' }, 400],
    ['another state', { state: 'revoked' }, 400],
  ])('%s', async (_what, change, status) => {
    const { id } = await makeKeys.create({
      ownerId: 'alice',
      name: 'CI',
      scopes: ['orders:*'],
      rateLimits,
      credits: { remaining: 50 },
    });
    const shown = await get(id);
    expect((await patch(id, { ...shown, ...change })).status).toBe(status);
    expect(await get(id)).toEqual(shown);
  });

  it('for a key that manages keys: one above it stays out of reach, whatever is sent back', async () => {
    const acting = await makeKeys.create({
      ownerId: 'alice',
      name: 'manager',
      scopes: ['keys:manage', 'orders:read'],
      rateLimits,
      credits: null,
    });
    const { id } = await makeKeys.create({ ownerId: 'alice', name: 'CI', scopes: ['orders:*'] });
    const shown = await get(id);
    const answer = await request(server)
      .patch(`/api-keys/keys/${id}`)
      .set('x-acting-key', acting.key)
      .send({ ...shown, enabled: false });
    expect(answer.status).toBe(403);
    expect(await get(id)).toEqual(shown);
  });

  it('for an actor that cannot see the key: it learns nothing of its values', async () => {
    const { id } = await makeKeys.create({ ownerId: 'alice', name: 'CI', scopes: ['old:read'] });
    const bob: Actor = { kind: 'owner', ownerId: 'bob' };
    const right = await patch(id, { scopes: ['old:read'] }, bob);
    const wrong = await patch(id, { scopes: ['older:read'] }, bob);
    expect([right.status, right.body]).toEqual([wrong.status, wrong.body]);
    expect((await patch(id, { name: 'CI' }, bob)).status).toBe(404);
  });
});
