import request from 'supertest';
import type { CallActor } from '../../lib/index.js';
import type { ActorRole } from '../../lib/domain/actor-role.js';
import { endpoints } from '../../lib/admin/endpoints.js';
import { alice, expectProblem, makeKey, root, startAdminApp, type AdminApp } from '../admin/admin-app.js';
import { createInstance, type TestInstance } from '../harness/instance.js';
import { theApp } from '../harness/the-app.js';

const roles: readonly (ActorRole | undefined)[] = ['viewer', 'operator', 'manager', undefined];
const rank = { viewer: 0, operator: 1, manager: 2 } as const;
const rankOf = (role: ActorRole | undefined): number => rank[role ?? 'manager'];
const aliceAs = (role: ActorRole | undefined) =>
  ({ kind: 'owner', ownerId: 'alice', memberId: 'm1', ...(role === undefined ? {} : { role }) }) as const;

const sentences = {
  operator: 'This needs the role operator or manager.',
  manager: 'This needs the role manager.',
} as const;

type Target = 'own' | 'foreign' | 'unknown';
const targets: readonly Target[] = ['own', 'foreign', 'unknown'];

describe('roles in code: a matrix of role, command and target', () => {
  let instance: TestInstance;
  beforeAll(() => {
    instance = createInstance();
  });
  afterAll(() => instance.apiKeys.close());

  /** The least role of each command, and what it does to a key. */
  const commands = {
    get: ['viewer', (keys, id) => keys.get({ id })],
    usage: ['viewer', (keys, id) => keys.usage({ id })],
    update: ['manager', (keys, id) => keys.update({ id, name: 'renamed' })],
    disable: ['manager', (keys, id) => keys.update({ id, enabled: false })],
    rotate: ['operator', (keys, id) => keys.rotate({ id })],
    'rotate with a grace period': [
      'operator',
      (keys, id) => keys.rotate({ id, gracePeriodSeconds: 60, graceStartsOnFirstUse: true }),
    ],
    revoke: ['operator', (keys, id) => keys.revoke({ id })],
  } as const satisfies Record<string, readonly [ActorRole, (keys: Keys, id: string) => Promise<unknown>]>;
  type Keys = ReturnType<TestInstance['apiKeys']['keys']['as']>;

  const rows = Object.keys(commands).flatMap((name) =>
    roles.flatMap((role) => targets.map((target) => [name as keyof typeof commands, role, target] as const)),
  );

  it.each(rows)('%s by the role %s on a key that is %s', async (name, role, target) => {
    const ids: Readonly<Record<Target, () => Promise<string>>> = {
      own: async () => (await instance.key({ ownerId: 'alice' })).id,
      foreign: async () => (await instance.key({ ownerId: 'bob' })).id,
      unknown: async () => '0000000000000000',
    };
    const id = await ids[target]();
    const [least, run] = commands[name];
    const before = await instance.apiKeys.keys.as(theApp).get({ id });
    const outcome = run(instance.apiKeys.keys.as(aliceAs(role) as CallActor) as Keys, id);
    if (rankOf(role) < rank[least]) {
      await expect(outcome).rejects.toMatchObject({
        code: 'ERR_API_KEYS_FORBIDDEN',
        message: sentences[least as keyof typeof sentences],
      });
    } else if (target === 'own') {
      await outcome;
      return;
    } else if (name === 'get') {
      expect(await outcome).toBe(null);
    } else {
      await expect(outcome).rejects.toMatchObject({ code: 'ERR_API_KEYS_NOT_FOUND' });
    }
    expect(await instance.apiKeys.keys.as(theApp).get({ id })).toEqual(before);
  });

  it.each(roles)('commands on all keys, and the audit log, by the role %s', async (role) => {
    const { apiKeys } = instance;
    const keys = apiKeys.keys.as(aliceAs(role));
    const audit = apiKeys.audit.as(aliceAs(role));
    const ofBob = await instance.key({ ownerId: 'bob' });
    for (const { ownerId } of (await keys.list()).items) expect(ownerId).toBe('alice');
    expect(await keys.list({ ownerId: 'bob' })).toEqual({ items: [], nextCursor: null });
    for (const { ownerId } of (await audit.list()).items) expect(ownerId).toBe('alice');
    expect((await audit.listAccess()).items).toEqual([]);
    for await (const { ownerId } of audit.export()) expect(ownerId).toBe('alice');
    const forbidden = { code: 'ERR_API_KEYS_FORBIDDEN' };
    await expect(audit.verify()).rejects.toMatchObject(forbidden);
    await expect(keys.resealSecrets()).rejects.toMatchObject(forbidden);
    await expect(keys.revokeAll({ ownerId: 'bob' })).rejects.toMatchObject(forbidden);
    const created = keys.create({ name: 'new', scopes: [] });
    if (rankOf(role) < rank.manager) {
      await expect(created).rejects.toMatchObject({ ...forbidden, message: sentences.manager });
    } else await created;
    if (rankOf(role) < rank.operator) {
      await expect(keys.revokeAll()).rejects.toMatchObject({ ...forbidden, message: sentences.operator });
    } else await keys.revokeAll();
    expect((await apiKeys.keys.as(theApp).get({ id: ofBob.id }))?.state).toBe('active');
  });

  it('never shows a secret to a reader', async () => {
    const { id, token } = await instance.key({ ownerId: 'alice' });
    const keys = instance.apiKeys.keys.as(aliceAs('viewer'));
    const audit = instance.apiKeys.audit.as(aliceAs('viewer'));
    const read = JSON.stringify([await keys.get({ id }), await keys.list(), await audit.list()]);
    expect(read).not.toContain(token.slice(-30));
    expect(read).not.toMatch(/bcrypt|digest|"key":/);
  });
});

describe('roles over HTTP: every endpoint', () => {
  let app: AdminApp;
  beforeAll(async () => {
    app = await startAdminApp({
      instance: { events: { webhooks: true } },
      router: {
        stepUp: { operations: ['create', 'update', 'rotate', 'revoke'], verify: () => ({ result: 'valid' }) },
      },
    });
  });
  afterAll(() => app.close());

  /** The least role of each endpoint; `null`: for no owner at all. */
  const leastRole: Readonly<Record<string, ActorRole | null>> = {
    createKey: 'manager',
    listKeys: 'viewer',
    getKey: 'viewer',
    getKeyUsage: 'viewer',
    updateKey: 'manager',
    deleteKey: 'operator',
    rotateKey: 'operator',
    revokeKey: 'operator',
    listOwners: null,
    getOwner: null,
    suspendOwner: null,
    resumeOwner: null,
    setOwner: null,
    eraseOwner: null,
    getPlanImpact: null,
    importKeys: null,
    listAuditEvents: 'viewer',
    listAccessEvents: 'viewer',
    exportAuditTrail: 'viewer',
    verifyAuditTrail: null,
    listObserved: null,
    getStatus: null,
    getCaller: 'viewer',
    getGrantable: 'viewer',
    getPosture: 'viewer',
    createWebhook: null,
    listWebhooks: null,
    getWebhook: null,
    updateWebhook: null,
    deleteWebhook: null,
    rotateWebhookSecret: null,
    testWebhook: null,
    listWebhookDeliveries: null,
    replayWebhookDeliveries: null,
  };
  const bodies: Readonly<Record<string, object>> = {
    createKey: { name: 'a key', scopes: [] },
    updateKey: { name: 'renamed' },
    createWebhook: { url: 'https://example.com/hook' },
    updateWebhook: { description: 'renamed' },
  };
  const rows = endpoints.flatMap(({ access, method, path, endpoint }) =>
    access === 'actor' ? roles.map((role) => [endpoint.operationId, role, method, path] as const) : [],
  );

  it.each(rows)('%s by the role %s', async (operationId, role, method, path) => {
    const least = leastRole[operationId];
    if (least === undefined) throw new Error(`Say in this table which role ${operationId} needs.`);
    const existing = await app.apiKeys.keys
      .as(theApp)
      .create({ ownerId: 'alice', name: 'a key', scopes: [] });
    const url = path
      .replace(':id', existing.id)
      .replace(':ownerId', 'alice')
      .replace(':webhookId', 'wh_none');
    const sent = app.as(aliceAs(role))[method](url);
    const answer = await (method === 'get' ? sent : sent.send(bodies[operationId] ?? {}));
    if (least === null) return expectProblem(answer, 403, 'forbidden');
    if (rankOf(role) < rank[least]) {
      // Not a request for a second factor, which such a caller could not use for anything.
      expectProblem(answer, 403, 'forbidden');
      expect((answer.body as { detail: string }).detail).toBe(sentences[least as keyof typeof sentences]);
    } else if (method === 'get') expect(answer.status).toBe(200);
    else expectProblem(answer, 403, 'step_up_required');
    expect(answer.text).not.toContain(existing.key.slice(-30));
  });

  it('a role that got lost is a misconfiguration, never a manager', async () => {
    for (const role of [null, '', 'Viewer', 'owner', ['viewer'], { toString: () => 'viewer' }]) {
      const sent = { ...alice, role } as never;
      expectProblem(await app.as(sent).get('/keys'), 500, 'internal_error');
    }
    expect(() => app.apiKeys.keys.as({ ...alice, role: undefined } as never)).toThrow(
      'keys.as: actor: role is undefined; leave it out, or set it',
    );
    expect(app.logged.join('\n')).toContain('role must be one of viewer, operator, manager');
    expect(() => app.apiKeys.keys.as({ kind: 'admin', id: 'root', role: 'viewer' } as never)).toThrow(
      'role is not accepted here',
    );
  });
});

describe('an Idempotency-Key', () => {
  let app: AdminApp;
  beforeAll(async () => {
    app = await startAdminApp();
  });
  afterAll(() => app.close());

  it('replays nothing to those who could not make the change, and belongs to one member', async () => {
    const send = (actor: object, path: string, body: object) =>
      request(app.server)
        .post(`/api-keys${path}`)
        .set({ 'X-Actor': JSON.stringify(actor), 'Idempotency-Key': 'once' })
        .send(body);
    const body = { name: 'a key', scopes: ['orders:read'] };
    const manager = aliceAs('manager');
    const first = await send(manager, '/keys', body).expect(201);
    const { id, key } = first.body as { id: string; key: string };
    expectProblem(await send(aliceAs('viewer'), '/keys', body), 403, 'forbidden');
    expectProblem(await send(aliceAs('operator'), '/keys', body), 403, 'forbidden');
    const again = await send(manager, '/keys', body).expect(201);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(again.text).not.toContain(key);
    const other = await send({ ...manager, memberId: 'm2' }, '/keys', body).expect(201);
    expect(other.body).not.toMatchObject({ id });
    await send(aliceAs('operator'), `/keys/${id}/rotate`, {}).expect(200);
    expectProblem(await send(aliceAs('viewer'), `/keys/${id}/rotate`, {}), 403, 'forbidden');
  });

  it('of an admin is not bounded by roles', async () => {
    const made = await makeKey(app, root, { ownerId: 'alice' });
    await app.as(root).post(`/keys/${made.id}/rotate`).expect(200);
  });
});
