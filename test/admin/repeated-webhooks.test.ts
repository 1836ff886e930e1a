import type { Response } from 'supertest';
import type { StepUpAttempt } from '../../lib/index.js';
import { webhookOperations } from '../../lib/http/step-up-options.js';
import { alice, expectProblem, root, startAdminApp, type AdminApp, type Sender } from './admin-app.js';

const url = 'https://crm.acme.example/api-keys';
const events = { webhooks: true };
const attempts: StepUpAttempt[] = [];
let adminApp: AdminApp;
let guarded: AdminApp;
beforeAll(async () => {
  adminApp = await startAdminApp({ instance: { events } });
  const verify = (attempt: StepUpAttempt): boolean => {
    attempts.push(attempt);
    return attempt.code.startsWith('right');
  };
  const stepUp = { operations: webhookOperations, verify };
  guarded = await startAdminApp({ instance: { events }, router: { stepUp } });
});
afterAll(async () => {
  await adminApp.close();
  await guarded.close();
});

interface Shown {
  readonly id: string;
  readonly secret?: string;
}
const shown = ({ body }: Response): Shown => body as Shown;
const create = (name: string, sent: object = { url }, sender: Sender = root) =>
  adminApp.as(sender).post('/webhooks').set('Idempotency-Key', name).send(sent);
const countWebhooks = async (): Promise<number> =>
  ((await adminApp.as(root).get('/webhooks')).body as { items: unknown[] }).items.length;

describe('POST /webhooks with an Idempotency-Key', () => {
  it('shows the webhook without its secret when the request is repeated, as it is by then', async () => {
    const first = await create('"first"').expect(201);
    expect(shown(first).secret).toMatch(/^whsec_/);
    expect(first.headers).not.toHaveProperty('idempotency-replayed');
    const { id } = shown(first);
    await adminApp.as(root).patch(`/webhooks/${id}`).send({ description: 'CRM' }).expect(200);
    const second = await create('first').expect(201);
    expect(second.body).toMatchObject({ id, description: 'CRM', version: 2 });
    expect(second.body).not.toHaveProperty('secret');
    expect(second.headers).toMatchObject({
      ...{ 'idempotency-replayed': 'true', etag: '"2"', 'cache-control': 'no-store' },
    });
    expect(await countWebhooks()).toBe(1);
    const { body } = await adminApp.as(root).get('/audit?action=webhook.created').expect(200);
    expect((body as { items: unknown[] }).items.length).toBe(1);
  });

  it('refuses another request, and malformed names; keeps nothing of what was refused', async () => {
    await create('422').expect(201);
    expectProblem(await create('422', { url, description: 'x' }), 422, 'idempotency_key_reused');
    expectProblem(await create('a b'), 400, 'invalid_request');
    expectProblem(await create('refused', { url: 'http://crm.acme.example' }), 400, 'invalid_request');
    await create('refused').expect(201);
  });

  it('is made once by twenty requests at once', async () => {
    const before = await countWebhooks();
    const answers = await Promise.all(Array.from({ length: 20 }, () => create('at-once')));
    const others = answers.filter(({ status }) => status !== 201);
    for (const answer of others) expectProblem(answer, 409, 'request_in_progress');
    expect(answers.filter((answer) => shown(answer).secret !== undefined)).toHaveLength(1);
    expect(await countWebhooks()).toBe(before + 1);
  });

  it('keeps callers and kinds of requests apart, and shows nothing to those who may not see it', async () => {
    const first = await create('shared').expect(201);
    expectProblem(await create('shared', { url }, alice), 403, 'forbidden');
    const other = await create('shared', { url }, { kind: 'admin', id: 'oskar' }).expect(201);
    expect(shown(other).id).not.toBe(shown(first).id);
    const key = { name: 'CI', scopes: [], ownerId: 'alice' };
    const made = await adminApp.as(root).post('/keys').set('Idempotency-Key', 'shared').send(key);
    expect([made.status, made.headers['idempotency-replayed']]).toEqual([201, undefined]);
  });

  it('is 404 for a webhook that was removed meanwhile, and adds no other one', async () => {
    const { id } = shown(await create('removed').expect(201));
    await adminApp.as(root).delete(`/webhooks/${id}`).expect(200);
    const before = await countWebhooks();
    expectProblem(await create('removed'), 404, 'not_found');
    expect(await countWebhooks()).toBe(before);
  });

  it('forgets after 24 hours', async () => {
    const first = await create('yesterday').expect(201);
    adminApp.passTime(24 * 60 * 60 * 1000 + 1);
    const later = await create('yesterday').expect(201);
    expect(shown(later).id).not.toBe(shown(first).id);
    expect(shown(later).secret).toMatch(/^whsec_/);
  });
});

describe('POST /webhooks/:webhookId/rotate-secret with an Idempotency-Key', () => {
  it('rotates once, so that the secret before goes on signing', async () => {
    const { id } = shown(await create('to-rotate').expect(201));
    const rotate = (sent: object = {}) =>
      adminApp
        .as(root)
        .post(`/webhooks/${id}/rotate-secret`)
        .set({ 'Idempotency-Key': 'r', 'If-Match': '"1"' })
        .send(sent);
    const first = await rotate().expect(200);
    expect(shown(first).secret).toMatch(/^whsec_/);
    const second = await rotate().expect(200);
    expect(second.body).toMatchObject({ id, version: 2 });
    expect(second.body).not.toHaveProperty('secret');
    expect(second.headers).toMatchObject({ 'idempotency-replayed': 'true' });
    expectProblem(await rotate({ overlapSeconds: 1 }), 422, 'idempotency_key_reused');
  });
});

describe('a second factor for changes of webhooks', () => {
  let code = 0;
  const prove = (answer: Response): Record<string, string> => {
    expectProblem(answer, 403, 'step_up_required');
    const { challenge } = answer.body as { challenge: { id: string } };
    code += 1;
    return { 'Step-Up-Challenge': challenge.id, 'Step-Up-Code': `right ${code}` };
  };
  const askForOne = () => guarded.as(root).post('/webhooks').send({ url });
  const addProven = async () =>
    shown(
      await askForOne()
        .set(prove(await askForOne()))
        .expect(201),
    );

  it('is asked for by each of them, for that operation and that webhook alone', async () => {
    const client = guarded.as(root);
    const { id } = await addProven();
    expect(attempts.at(-1)).toMatchObject({
      ...{ operation: 'create_webhook', keyId: null, ownerId: null, webhookId: null },
    });
    const { id: other } = await addProven();
    const patch = (which = id) => client.patch(`/webhooks/${which}`).send({ enabled: false });
    const proof = prove(await patch());
    expectProblem(await patch(other).set(proof), 403, 'step_up_invalid');
    expectProblem(await client.delete(`/webhooks/${id}`).set(proof), 403, 'step_up_invalid');
    expect((await client.get(`/webhooks/${id}`)).body).toMatchObject({ enabled: true, version: 1 });
    await patch().set(proof).expect(200);
    expect(attempts.at(-1)).toMatchObject({ operation: 'update_webhook', webhookId: id });
    const rotate = () => client.post(`/webhooks/${id}/rotate-secret`).send({});
    await rotate()
      .set(prove(await rotate()))
      .expect(200);
    const remove = () => client.delete(`/webhooks/${id}`);
    await remove()
      .set(prove(await remove()))
      .expect(200);
    const refused = await client
      .post('/webhooks')
      .send({ url })
      .set({ ...prove(await askForOne()), 'Step-Up-Code': 'wrong' });
    expectProblem(refused, 403, 'step_up_invalid');
  });

  it('is not asked for by what reads or repeats, nor of those who may not manage webhooks', async () => {
    const client = guarded.as(root);
    const { id } = await addProven();
    await client.get('/webhooks').expect(200);
    await client.post(`/webhooks/${id}/replay`).send({}).expect(200);
    const made = attempts.length;
    expectProblem(await guarded.as(alice).post('/webhooks').send({ url }), 403, 'forbidden');
    expectProblem(await guarded.as(alice).delete(`/webhooks/${id}`), 403, 'forbidden');
    expectProblem(await client.delete('/webhooks/wh_unknown'), 404, 'not_found');
    expectProblem(await client.post('/webhooks').send({ url: 7 }), 400, 'invalid_request');
    expect(attempts.length).toBe(made);
    // Keys are another matter.
    await client.post('/keys').send({ name: 'CI', scopes: [], ownerId: 'alice' }).expect(201);
  });

  it('is asked for again by a repeated request', async () => {
    const client = guarded.as(root);
    const askOnce = () => client.post('/webhooks').set('Idempotency-Key', 'once').send({ url });
    const first = await askOnce()
      .set(prove(await askOnce()))
      .expect(201);
    const second = await askOnce()
      .set(prove(await askOnce()))
      .expect(201);
    expect(shown(second)).toMatchObject({ id: shown(first).id });
    expect(second.body).not.toHaveProperty('secret');
  });

  it('is named in the description of the API', async () => {
    const { body } = await guarded.as(null).get('/openapi.json').expect(200);
    const { paths } = body as {
      paths: Record<string, Record<string, { parameters?: { name: string }[]; responses: object }>>;
    };
    const nameParameters = (path: string, method: string): readonly string[] =>
      (paths[path]?.[method]?.parameters ?? []).map(({ name }) => name);
    const stepUp = ['Step-Up-Challenge', 'Step-Up-Code'];
    expect(nameParameters('/webhooks', 'post')).toEqual(['Idempotency-Key', ...stepUp]);
    expect(nameParameters('/webhooks/{webhookId}', 'patch')).toEqual(expect.arrayContaining(stepUp));
    expect(nameParameters('/webhooks/{webhookId}', 'delete')).toEqual(expect.arrayContaining(stepUp));
    expect(nameParameters('/webhooks/{webhookId}/rotate-secret', 'post')).toEqual(
      expect.arrayContaining(['If-Match', 'Idempotency-Key', ...stepUp]),
    );
    expect(Object.keys(paths['/webhooks']?.['post']?.responses ?? {})).toEqual(
      expect.arrayContaining(['403', '409', '422']),
    );
  });
});
