import { alice, makeKey, root, startAdminApp, type AdminApp, type Sender } from './admin-app.js';

const minute = { name: 'minute', limit: 60, windowSeconds: 60 };

let adminApp: AdminApp;
beforeAll(async () => {
  adminApp = await startAdminApp({
    router: { managementScope: 'keys:manage', stepUp: { operations: ['rotate', 'set'], verify: () => true } },
    instance: {
      plans: {
        free: { maxKeys: 3, maxLifetimeDays: 90, rateLimits: [minute], credits: { amount: 100 } },
        pro: {},
      },
      defaultPlan: 'free',
      credentialFrom: ['x-api-key', 'bearer', 'x-acme-token'],
    },
  });
});
afterAll(() => adminApp.close());

async function readCaller(sender: Sender): Promise<Record<string, unknown>> {
  const answer = await adminApp.as(sender).get('/caller').expect(200);
  return answer.body as Record<string, unknown>;
}

describe('GET /caller', () => {
  it('says who an owner is, what it may do, and what its plan gives', async () => {
    expect(await readCaller(alice)).toEqual({
      kind: 'owner',
      id: 'alice',
      ownerId: 'alice',
      role: null,
      may: ['read', 'rotate', 'revoke', 'create', 'update'],
      environments: ['live', 'test'],
      environment: 'live',
      suspendedAt: null,
      plan: {
        name: null,
        maxKeys: 3,
        keyCount: 0,
        maxLifetimeDays: 90,
        rateLimits: [minute],
        credits: { remaining: 100, amount: 100, refillIntervalSeconds: null, refillsAt: null },
      },
      plans: null,
      stepUp: ['rotate', 'set'],
      address: '127.0.0.1',
      credentialHeaders: [
        { name: 'X-API-Key', prefix: '' },
        { name: 'Authorization', prefix: 'Bearer ' },
        { name: 'X-Acme-Token', prefix: '' },
      ],
      tokenLifetimeSeconds: null,
    });
  });

  it('counts the keys that count towards the maximum of the plan, and none where there is none', async () => {
    const keys = adminApp.apiKeys.keys.as({ kind: 'application' });
    for (const name of ['one', 'two']) await keys.create({ ownerId: 'nora', name, scopes: [] });
    const { id } = await keys.create({ ownerId: 'nora', name: 'three', scopes: [] });
    await keys.revoke({ id });
    const nora = { kind: 'owner', ownerId: 'nora' } as const;
    expect(await readCaller(nora)).toMatchObject({ plan: { maxKeys: 3, keyCount: 2 } });
    await adminApp.apiKeys.owners.as({ kind: 'application' }).set({ ownerId: 'nora', plan: 'pro' });
    expect(await readCaller(nora)).toMatchObject({ plan: { maxKeys: null, keyCount: null } });
  });

  it('says how long access tokens live that keys are exchanged for', async () => {
    const withTokens = await startAdminApp({
      instance: { tokens: { issuer: 'https://api.example.com', lifetimeSeconds: 900 } },
    });
    const answer = await withTokens.as(alice).get('/caller').expect(200);
    expect(answer.body).toMatchObject({ tokenLifetimeSeconds: 900 });
    await withTokens.close();
  });

  it('names the member, and what the role of the member includes', async () => {
    const vera = { kind: 'owner', ownerId: 'org:7', memberId: 'user:42', memberName: 'Vera' } as const;
    expect(await readCaller({ ...vera, role: 'viewer' })).toMatchObject({
      kind: 'owner',
      id: 'org:7',
      memberId: 'user:42',
      memberName: 'Vera',
      role: 'viewer',
      may: ['read'],
    });
    expect(await readCaller({ ...vera, role: 'operator' })).toMatchObject({
      may: ['read', 'rotate', 'revoke'],
    });
  });

  it('shows an admin that it sees the keys of all owners, has no plan, and which plans it can give', async () => {
    expect(await readCaller(root)).toMatchObject({
      ...{ kind: 'admin', id: 'root', ownerId: null },
      ...{ plan: null, plans: ['free', 'pro'] },
    });
  });

  it('shows an owner its plan and its suspension, and not the reason, which is for operators', async () => {
    await adminApp.apiKeys.owners
      .as({ kind: 'application' })
      .set({ ownerId: 'dora', plan: 'pro', overrides: { maxKeys: 20 } });
    await adminApp
      .as(root)
      .post('/owners/dora/suspend')
      .send({ suspensionReason: 'Invoice 17 is overdue' })
      .expect(200);
    const answer = await readCaller({ kind: 'owner', ownerId: 'dora' });
    expect(answer).toMatchObject({
      suspendedAt: new Date(adminApp.now()).toISOString(),
      plan: { name: 'pro', maxKeys: 20, maxLifetimeDays: null, rateLimits: [], credits: null },
    });
    expect(JSON.stringify(answer)).not.toContain('Invoice');
  });

  it('answers a key that may manage keys, with its owner', async () => {
    const { id, key } = await makeKey(adminApp, alice, { scopes: ['keys:manage'] });
    expect(await readCaller({ token: key })).toMatchObject({ kind: 'key', id, ownerId: 'alice', role: null });
  });
});
