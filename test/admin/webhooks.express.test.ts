import express, { type Express } from 'express';
import request from 'supertest';
import type { Actor } from '../../lib/index.js';
import type { EventsOption } from '../../lib/options/events-option.js';
import { isSignedWith, receiveWebhooks, type WebhookReceiver } from '../events/webhook-receiver.js';
import { createInstance, type TestInstance } from '../harness/instance.js';
import { waitUntil } from '../servers/wait-until.cjs';

jest.setTimeout(60_000);

let instance: TestInstance;
let app: Express;
let receiver: WebhookReceiver;
const actor: Actor = { kind: 'admin', id: 'olga' };

beforeEach(async () => {
  receiver = await receiveWebhooks();
  await start({ webhooks: { allowInsecureHttp: true, allowPrivateNetworks: true } });
});

afterEach(async () => {
  await instance.apiKeys.close();
  await receiver.close();
});

async function start(events: EventsOption | undefined): Promise<void> {
  instance = createInstance({ events, clock: { now: () => Date.now() } });
  await instance.apiKeys.ready();
  app = express();
  app.use('/api-keys', instance.apiKeys.adminRouter({ authorize: () => actor }));
}

const send = (method: 'post' | 'patch' | 'delete', path: string, body: object = {}) =>
  request(app)[method](`/api-keys${path}`).set('Sec-Fetch-Site', 'same-origin').send(body);
const get = (path: string) => request(app).get(`/api-keys${path}`);

interface Shown {
  readonly id: string;
  readonly secret: string;
}

describe('the webhooks of the admin router', () => {
  it('are added, read, changed, tested and removed', async () => {
    const created = await send('post', '/webhooks', { url: receiver.url, types: ['api_key.created'] }).expect(
      201,
    );
    const { id, secret, ...shown } = created.body as Shown;
    expect(created.headers['etag']).toBe('"1"');
    expect(created.headers['cache-control']).toContain('no-store');
    expect(secret).toMatch(/^whsec_/);
    expect(shown).toEqual({
      ...{ url: receiver.url, description: null, types: ['api_key.created'], enabled: true },
      ...{ disabledReason: null, previousSecretEndsAt: null, version: 1 },
      ...{ createdAt: expect.stringMatching(/Z$/), updatedAt: expect.stringMatching(/Z$/) },
    });
    expect((await get(`/webhooks/${id}`).expect(200)).body).toEqual({ id, ...shown });
    expect((await get('/webhooks').expect(200)).body).toEqual({
      items: [{ id, ...shown }],
      nextCursor: null,
    });

    await instance.key();
    await waitUntil('it has come', () => receiver.requests.length === 1);
    expect(isSignedWith(secret, receiver.requests[0]!)).toBe(true);

    await send('patch', `/webhooks/${id}`, { types: null }).set('If-Match', '"2"').expect(412);
    const changed = await send('patch', `/webhooks/${id}`, { types: null })
      .set('If-Match', '"1"')
      .expect(200);
    expect([changed.body, changed.headers['etag']]).toMatchObject([{ types: null, version: 2 }, '"2"']);

    const rotated = await send('post', `/webhooks/${id}/rotate-secret`, { overlapSeconds: 60 }).expect(200);
    const { secret: second } = rotated.body as Shown;
    expect(rotated.body).toMatchObject({ version: 3, previousSecretEndsAt: expect.stringMatching(/Z$/) });
    const tested = await send('post', `/webhooks/${id}/test`).expect(200);
    expect(tested.body).toEqual({ delivered: true, status: null, error: null });
    for (const each of [secret, second]) {
      expect(
        isSignedWith(
          each,
          receiver.requests.find(({ event }) => event.type === 'webhook.test')!,
        ),
      ).toBe(true);
    }

    expect((await send('delete', `/webhooks/${id}`).expect(200)).body).toMatchObject({ id, version: 3 });
    await get(`/webhooks/${id}`).expect(404);
    const { body } = await get('/audit?action=webhook.deleted').expect(200);
    expect(body).toMatchObject({
      items: [{ webhookId: id, ownerId: '', actor: { kind: 'admin', id: 'olga' } }],
    });
  });

  it('show what was not taken, and deliver again what was given up', async () => {
    receiver.answer = 503;
    const { id } = (await send('post', '/webhooks', { url: receiver.url }).expect(201)).body as Shown;
    await instance.key();
    await waitUntil('it was attempted', async () => {
      const { items } = (await get(`/webhooks/${id}/deliveries?dead=false`)).body as {
        items: { attempts: number }[];
      };
      return items[0]?.attempts === 1;
    });
    const { body } = await get(`/webhooks/${id}/deliveries`).expect(200);
    expect(body).toEqual({
      items: [
        {
          ...{ sequence: 2, eventId: receiver.requests[0]?.id, type: 'api_key.created', state: 'waiting' },
          ...{
            attempts: 1,
            nextAttemptAt: expect.stringMatching(/Z$/),
            lastStatus: 503,
            lastError: 'answered 503',
          },
        },
      ],
      nextCursor: null,
    });
    expect((await get(`/webhooks/${id}/deliveries?dead=true`).expect(200)).body).toEqual({
      items: [],
      nextCursor: null,
    });
    expect((await send('post', `/webhooks/${id}/replay`).expect(200)).body).toEqual({ replayed: 0 });
    await get(`/webhooks/${id}/deliveries?dead=maybe`).expect(400);
  });

  it('are refused with what is wrong', async () => {
    const wrong = await send('post', '/webhooks', {
      url: 'https://user@crm.acme.example/',
      types: [],
    }).expect(400);
    expect(wrong.body).toMatchObject({ code: 'invalid_request', errors: [{ field: 'types' }] });
    const url = await send('post', '/webhooks', { url: 'https://user@crm.acme.example/' }).expect(400);
    expect(url.body).toMatchObject({
      errors: [{ field: 'url', message: 'must not contain a user name or a password' }],
    });
    await send('patch', '/webhooks/wh_unknown', { enabled: false }).expect(404);
    await send('patch', '/webhooks/wh_unknown', {}).expect(400);
  });

  it('are not there without the option', async () => {
    await instance.apiKeys.close();
    await start(undefined);
    expect((await get('/webhooks').expect(404)).body).toMatchObject({ code: 'not_found' });
    await send('post', '/webhooks', { url: receiver.url }).expect(404);
  });
});
