import {
  alice,
  bob,
  expectProblem,
  fieldsOf,
  makeKey,
  root,
  startAdminApp,
  type AdminApp,
} from './admin-app.js';

let adminApp: AdminApp;
beforeAll(async () => {
  adminApp = await startAdminApp({ router: { managementScope: 'keys:manage' } });
});
afterAll(() => adminApp.close());

const body = { name: 'a key', scopes: ['orders:read'], metadata: { a: 1, b: { c: 2, d: [1, 2] } } };
type Sender = Parameters<AdminApp['as']>[0];
const create = (name: string, sent: object = body, sender: Sender = alice) =>
  adminApp.as(sender).post('/keys').set('Idempotency-Key', name).send(sent);
const idOf = (answer: { body: unknown }): string => (answer.body as { id: string }).id;

describe('POST /keys with an Idempotency-Key', () => {
  it('R62 shows the key without its secret when the request is repeated, as it is by then', async () => {
    const first = await create('"first"').expect(201);
    expect(first.body).toHaveProperty('key');
    expect(first.headers).not.toHaveProperty('idempotency-replayed');
    await adminApp
      .as(alice)
      .patch(`/keys/${idOf(first)}`)
      .send({ name: 'renamed' })
      .expect(200);

    const second = await create('"first"').expect(201);
    expect(second.body).toMatchObject({ id: idOf(first), name: 'renamed', version: 2 });
    expect(second.body).not.toHaveProperty('key');
    expect(second.headers).toMatchObject({
      'idempotency-replayed': 'true',
      location: first.headers['location'],
      etag: '"2"',
      'cache-control': 'no-store',
    });
    const events = await adminApp.as(alice).get(`/audit?keyId=${idOf(first)}`);
    expect((events.body as { items: unknown[] }).items).toHaveLength(2);
  });

  it('R62 takes the quoted and the bare spelling, and members in another order, for the same', async () => {
    const first = await create('8e03978e-40d5').expect(201);
    const { metadata, scopes, name } = body;
    const reordered = { metadata: { b: { d: metadata.b.d, c: 2 }, a: 1 }, scopes, name };
    expect(idOf(await create('"8e03978e-40d5"', reordered).expect(201))).toBe(idOf(first));
  });

  it.each([
    { ...body, name: 'another' },
    { ...body, metadata: { a: 1, b: { c: 2, d: [2, 1] } } },
    { name: 'a key', scopes: ['orders:read'] },
  ])('R62 refuses another request with 422: %j', async (other) => {
    const name = JSON.stringify(`422 ${JSON.stringify(Object.values(other).length)}${other.name}`);
    await create(name).expect(201);
    expectProblem(await create(name, other), 422, 'idempotency_key_reused');
  });

  it('R62 keeps callers apart: no caller reads the answer of another one', async () => {
    const first = await create('shared').expect(201);
    const ofBob = await create('shared', body, bob).expect(201);
    const ofRoot = await create('shared', { ...body, ownerId: 'alice' }, root).expect(201);
    const manager = await makeKey(adminApp, alice, { scopes: ['keys:manage', 'orders:read'] });
    const ofKey = await create('shared', body, { token: manager.key }).expect(201);
    expect(new Set([first, ofBob, ofRoot, ofKey].map(idOf)).size).toBe(4);
    for (const answer of [ofBob, ofRoot, ofKey]) expect(answer.body).toHaveProperty('key');
  });

  it('asks a key that repeats its request whether it may still manage keys', async () => {
    const manager = await makeKey(adminApp, alice, { scopes: ['keys:manage', 'orders:read'] });
    const acting = { token: manager.key };
    await create('of-a-key', body, acting).expect(201);
    await adminApp
      .as(alice)
      .patch(`/keys/${manager.id}`)
      .send({ scopes: ['orders:read'] })
      .expect(200);
    expectProblem(await create('of-a-key', body, acting), 403, 'insufficient_scope');
  });

  it('keeps nothing of a request that was refused', async () => {
    expectProblem(await create('refused', { name: '' }), 400, 'invalid_request');
    await create('refused').expect(201);
  });

  it('R62 forgets after 24 hours', async () => {
    const first = await create('yesterday').expect(201);
    adminApp.passTime(24 * 60 * 60 * 1000);
    expect(idOf(await create('yesterday').expect(201))).toBe(idOf(first));
    adminApp.passTime(1);
    const later = await create('yesterday').expect(201);
    expect(idOf(later)).not.toBe(idOf(first));
    expect(later.body).toHaveProperty('key');
  });

  it('R62 answers 409 while the request is in progress', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => create('at-once')));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 201).length).toBeGreaterThanOrEqual(1);
    const others = answers.filter(({ status }) => status !== 201);
    expect(others.length).toBeGreaterThan(0);
    for (const answer of others) expectProblem(answer, 409, 'request_in_progress');
    expect(answers.filter(({ body: shown }) => 'key' in (shown as object))).toHaveLength(1);
  });

  it.each([
    '',
    '""',
    '"a',
    'a"b',
    'a b',
    'a,b',
    '"a", "b"',
    'x'.repeat(256),
    `"${'x'.repeat(256)}"`,
    'ä',
    '"\\x"',
  ])('R62 refuses %j', async (name) => {
    const answer = await create(Buffer.from(name).toString('latin1'));
    expectProblem(answer, 400, 'invalid_request');
    expect(fieldsOf(answer)).toEqual(['Idempotency-Key']);
  });

  it.each(['x'.repeat(255), `"${'y'.repeat(255)}"`, '"a \\" b \\\\ c"', "!#$%&'*+-.^_`|~:/=(){}<>?@[];"])(
    'R62 takes %j',
    async (name) => {
      const first = await create(name).expect(201);
      expect(idOf(await create(name).expect(201))).toBe(idOf(first));
    },
  );
});

describe('POST /keys/:id/rotate with an Idempotency-Key', () => {
  it('R62 rotates once, whatever version was asked for, and shows the secret once', async () => {
    const made = await makeKey(adminApp, alice);
    const rotate = (name: string, sent: object = {}, sender: Sender = alice) =>
      adminApp
        .as(sender)
        .post(`/keys/${made.id}/rotate`)
        .set('Idempotency-Key', name)
        .set('If-Match', '"1"')
        .send(sent);
    const first = await rotate('r').expect(200);
    expect(first.body).toHaveProperty('key');
    const second = await rotate('r').expect(200);
    expect(second.body).toMatchObject({ id: made.id, version: 2 });
    expect(second.body).not.toHaveProperty('key');
    expect(second.headers).toMatchObject({ 'idempotency-replayed': 'true' });
    expectProblem(await rotate('r', { gracePeriodSeconds: 1 }), 422, 'idempotency_key_reused');
    expectProblem(await rotate('another'), 412, 'precondition_failed');
    expectProblem(await rotate('r', {}, bob), 404, 'not_found');
    // The same name on another key is another request.
    const other = await makeKey(adminApp, alice);
    const ofOther = await adminApp.as(alice).post(`/keys/${other.id}/rotate`).set('Idempotency-Key', 'r');
    expect(ofOther.body).toHaveProperty('key');
  });
});
