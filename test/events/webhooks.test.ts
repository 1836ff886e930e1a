import type { ApiKeysOptions } from '../../lib/index.js';
import type { EventsOption } from '../../lib/options/events-option.js';
import { memoryStore } from '../../lib/testing/index.js';
import { createInstance, type Scope, type TestInstance } from '../harness/instance.js';
import { theApp } from '../harness/the-app.js';
import { waitUntil } from '../servers/wait-until.cjs';
import { isSignedWith, receiveWebhooks, type WebhookReceiver } from './webhook-receiver.js';

jest.setTimeout(120_000);

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

const forTests: EventsOption = {
  webhooks: { allowInsecureHttp: true, allowPrivateNetworks: true, timeoutSeconds: 10 },
};
/** The other implementation compares with the clock of the machine. */
const realClock = { clock: { now: () => Date.now() } };

async function start(options: Partial<ApiKeysOptions<Scope>> = {}): Promise<TestInstance> {
  const instance = createInstance({ events: forTests, ...options });
  cleanUps.push(() => instance.apiKeys.close());
  await instance.apiKeys.ready();
  return instance;
}

async function receive(): Promise<WebhookReceiver> {
  const receiver = await receiveWebhooks();
  cleanUps.push(() => receiver.close());
  return receiver;
}

const typesOf = ({ requests }: WebhookReceiver): readonly string[] => requests.map(({ event }) => event.type);

describe('webhooks', () => {
  it('are sent as Standard Webhooks has them', async () => {
    const receiver = await receive();
    const { apiKeys, key } = await start(realClock);
    const { secret, ...webhook } = await apiKeys.webhooks.as(theApp).create({ url: receiver.url });
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(webhook).toMatchObject({ url: receiver.url, enabled: true, types: null, version: 1 });
    const { id } = await key();
    await apiKeys.keys.as({ kind: 'admin', id: 'olga' }).revoke({ id });
    await waitUntil('both have come', () => receiver.requests.length >= 2);
    for (const request of receiver.requests) {
      expect(isSignedWith(secret, request)).toBe(true);
      expect(isSignedWith(`whsec_${Buffer.alloc(32).toString('base64')}`, request)).toBe(false);
      expect(request.headers['content-type']).toBe('application/json');
    }
    expect(typesOf(receiver)).toEqual(['api_key.created', 'api_key.revoked']);
    expect(receiver.requests[1]?.event.data).toMatchObject({
      ...{ keyId: id, ownerId: 'alice', keyVersion: 2, actor: { kind: 'admin', id: 'olga' } },
    });
    expect(new Set(receiver.requests.map((request) => request.id)).size).toBe(2);
    expect(JSON.stringify(receiver.requests)).not.toContain(secret);
  });

  it('are signed with both secrets after a rotation, until the first one ends', async () => {
    const receiver = await receive();
    let aheadMs = 0;
    const { apiKeys } = await start({ clock: { now: () => Date.now() + aheadMs } });
    const webhooks = apiKeys.webhooks.as(theApp);
    const { id, secret: first } = await webhooks.create({ url: receiver.url, types: ['owner.erased'] });
    const { secret: second, ...rotated } = await webhooks.rotateSecret({ id, overlapSeconds: 100 });
    expect(rotated.previousSecretEndsAt?.getTime()).toBeGreaterThan(Date.now());
    const sendTest = async (): Promise<readonly boolean[]> => {
      expect(await webhooks.test({ id })).toEqual({ delivered: true, status: null, error: null });
      const request = receiver.requests.at(-1)!;
      expect(request.event).toMatchObject({ type: 'webhook.test', data: { webhookId: id } });
      return [first, second].map((secret) => isSignedWith(secret, request));
    };
    expect(await sendTest()).toEqual([true, true]);
    aheadMs = 101_000;
    expect(await sendTest()).toEqual([false, true]);
    expect((await webhooks.get({ id })).previousSecretEndsAt).toBe(null);
    const { secret: third } = await webhooks.rotateSecret({ id, overlapSeconds: 0 });
    expect(await sendTest()).toEqual([false, false]);
    expect(isSignedWith(third, receiver.requests.at(-1)!)).toBe(true);
  });

  it('are sent again after a failure, with the same id and body and a new signature', async () => {
    const receiver = await receive();
    const { apiKeys, key, clock } = await start();
    const webhooks = apiKeys.webhooks.as(theApp);
    const { id } = await webhooks.create({ url: receiver.url });
    receiver.answer = (_, response) => response.writeHead(503, { 'retry-after': '60' }).end('secret words');
    await key();
    await waitUntil('the failure is recorded', async () => {
      const { items } = await webhooks.listDeliveries({ id });
      return items[0]?.attempts === 1;
    });
    const { items } = await webhooks.listDeliveries({ id, dead: false });
    expect(items).toEqual([
      {
        ...{ sequence: 2, eventId: receiver.requests[0]?.id, type: 'api_key.created', state: 'waiting' },
        ...{ attempts: 1, nextAttemptAt: new Date(clock.now() + 60_000) },
        ...{ lastStatus: 503, lastError: 'answered 503' },
      },
    ]);
    expect((await webhooks.listDeliveries({ id, dead: true })).items).toEqual([]);
    receiver.answer = 200;
    clock.advance(61_000);
    await waitUntil('it has come again', () => receiver.requests.length >= 2);
    await waitUntil('it is done', async () => (await webhooks.listDeliveries({ id })).items.length === 0);
    const [first, second] = receiver.requests;
    expect([second?.id, second?.body]).toEqual([first?.id, first?.body]);
    expect(second?.headers['webhook-timestamp']).not.toBe(first?.headers['webhook-timestamp']);
    expect(second?.headers['webhook-signature']).not.toBe(first?.headers['webhook-signature']);
  });

  it('end when the endpoint is gone, and go on where they stopped when it is enabled again', async () => {
    const receiver = await receive();
    receiver.answer = 410;
    const { apiKeys, key, clock } = await start();
    const webhooks = apiKeys.webhooks.as(theApp);
    const { id } = await webhooks.create({ url: receiver.url, types: ['api_key.created'] });
    await key();
    await waitUntil('it is disabled', async () => !(await webhooks.get({ id })).enabled);
    expect(await webhooks.get({ id })).toMatchObject({ enabled: false, disabledReason: 'gone', version: 2 });
    const [entry] = (await apiKeys.audit.as(theApp).list({ action: 'webhook.disabled' })).items;
    expect(entry).toMatchObject({ webhookId: id, ownerId: '', actor: { kind: 'application', id: null } });
    await key();
    await key();
    receiver.answer = 204;
    clock.advance(60_000);
    expect(await webhooks.update({ id, enabled: true })).toMatchObject({
      enabled: true,
      disabledReason: null,
    });
    await waitUntil('all three have come', () => receiver.requests.length >= 4);
    expect(typesOf(receiver)).toEqual(Array(4).fill('api_key.created'));
    expect(new Set(receiver.requests.map((request) => request.id)).size).toBe(3);
  });

  it('go on to where an endpoint was moved while the one before was answering that it is gone', async () => {
    const before = await receive();
    const after = await receive();
    const { apiKeys, key, clock } = await start();
    const webhooks = apiKeys.webhooks.as(theApp);
    const { id } = await webhooks.create({ url: before.url });
    before.answer = (_, response) =>
      void webhooks.update({ id, url: after.url }).then(() => response.writeHead(410).end());
    await key();
    await waitUntil('the answer is recorded', async () => {
      const [first] = (await webhooks.listDeliveries({ id })).items;
      return first?.lastStatus === 410;
    });
    expect(await webhooks.get({ id })).toMatchObject({ enabled: true, url: after.url });
    clock.advance(10_000);
    await waitUntil('it has come there', () => after.requests.length > 0);
  });

  it('are given up after ten attempts, and replayed', async () => {
    const receiver = await receive();
    receiver.answer = 500;
    const { apiKeys, key, clock, log } = await start();
    const webhooks = apiKeys.webhooks.as(theApp);
    const { id } = await webhooks.create({ url: receiver.url });
    await key();
    for (let made = 1; made <= 10; made += 1) {
      await waitUntil(`attempt ${made} was recorded`, async () => {
        const [waiting] = (await webhooks.listDeliveries({ id })).items;
        return waiting?.attempts === made;
      });
      clock.advance(30 * 60 * 60 * 1000);
    }
    await waitUntil(
      'it is dead',
      async () => (await webhooks.listDeliveries({ id, dead: true })).items.length === 1,
    );
    const [dead] = (await webhooks.listDeliveries({ id })).items;
    expect(dead).toMatchObject({ state: 'dead', attempts: 10, nextAttemptAt: null, lastStatus: 500 });
    expect(log.join('\n')).toContain(
      `event ${dead?.sequence} was not delivered to the webhook ${id} and is given up`,
    );
    receiver.answer = 200;
    expect(await webhooks.replay({ id, sequences: [dead?.sequence ?? 0] })).toEqual({ replayed: 1 });
    await waitUntil('it has come', async () => (await webhooks.listDeliveries({ id })).items.length === 0);
    expect(receiver.requests.length).toBe(11);
    expect(await webhooks.replay({ id })).toEqual({ replayed: 0 });
  });

  it('do not wait for an endpoint that hangs, nor for one that answers byte by byte', async () => {
    const hanging = await receive();
    hanging.answer = () => undefined;
    const slow = await receive();
    slow.answer = (_, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write('.'), 100);
      response.on('close', () => clearInterval(timer));
    };
    const healthy = await receive();
    const { apiKeys, key } = await start({
      events: { webhooks: { allowInsecureHttp: true, allowPrivateNetworks: true, timeoutSeconds: 2 } },
    });
    const webhooks = apiKeys.webhooks.as(theApp);
    for (const { url } of [hanging, slow, hanging, slow, healthy]) {
      await webhooks.create({ url, types: ['api_key.created'] });
    }
    const made = 20;
    for (let index = 0; index < made; index += 1) await key();
    // On a machine that stands still, one that was answered too late is sent again.
    const received = (): number => new Set(healthy.requests.map((request) => request.id)).size;
    await waitUntil('the healthy one has all', () => received() === made);
    // One that hangs has one request at a time, each for two seconds.
    expect(hanging.requests.length).toBeLessThan(2 * made);
  });

  it('are sent nowhere inside unless that is allowed', async () => {
    const receiver = await receive();
    const { apiKeys } = await start({ events: { webhooks: { allowInsecureHttp: true } } });
    const webhooks = apiKeys.webhooks.as(theApp);
    await expect(webhooks.create({ url: receiver.url })).rejects.toThrow(
      'must not be an address that is not public',
    );
    const named = receiver.url.replace('127.0.0.1', 'localhost');
    const { id } = await webhooks.create({ url: named });
    expect(await webhooks.test({ id })).toEqual({
      ...{ delivered: false, status: null, error: 'its host is an address that is not public' },
    });
    expect(receiver.requests).toEqual([]);
  });
});

describe('the management of webhooks', () => {
  const url = 'https://crm.acme.example/hooks';

  it('is for admins and the app itself, needs the option, and is recorded', async () => {
    const store = memoryStore();
    const { apiKeys } = await start({ store });
    const admin = apiKeys.webhooks.as({ kind: 'admin', id: 'olga' });
    const { secret: _, ...webhook } = await admin.create({ url, description: 'CRM' });
    const { id } = webhook;
    expect(webhook).toEqual(await admin.get({ id }));
    expect((await admin.list()).items).toEqual([webhook]);
    const owner = apiKeys.webhooks.as({ kind: 'owner', ownerId: 'alice' } as never);
    const refused = [
      owner.list(),
      owner.get({ id }),
      owner.create({ url }),
      owner.update({ id, enabled: false }),
      owner.delete({ id }),
      owner.rotateSecret({ id }),
      owner.test({ id }),
      owner.listDeliveries({ id }),
      owner.replay({ id }),
    ];
    for (const result of await Promise.allSettled(refused)) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'ERR_API_KEYS_FORBIDDEN' } });
    }
    await admin.update({ id, types: ['api_key.revoked'], description: 'CRM' });
    await admin.update({ id, types: ['api_key.revoked'] });
    await admin.rotateSecret({ id });
    await admin.delete({ id });
    await expect(admin.get({ id })).rejects.toMatchObject({ code: 'ERR_API_KEYS_NOT_FOUND' });
    const { items } = await apiKeys.audit.as(theApp).list();
    expect(items.map(({ action, changedFields, webhookId }) => [action, changedFields, webhookId])).toEqual([
      ['webhook.deleted', [], id],
      ['webhook.secret_rotated', ['secret'], id],
      ['webhook.updated', ['types'], id],
      ['webhook.created', ['url', 'description'], id],
    ]);
    expect((await apiKeys.audit.as(theApp).verify({})).problems).toEqual([]);
    const without = createInstance({ store });
    cleanUps.push(() => without.apiKeys.close());
    await expect(without.apiKeys.webhooks.as(theApp).list()).rejects.toThrow(
      'webhooks: there are none without the option events: { webhooks: true }',
    );
  });

  it('checks what it is given', async () => {
    const { apiKeys } = await start({ events: { webhooks: true } });
    const webhooks = apiKeys.webhooks.as(theApp);
    const { id } = await webhooks.create({ url });
    await expect(webhooks.create({ url: 'http://crm.acme.example/' })).rejects.toThrow(
      'must begin with https://',
    );
    await expect(webhooks.create({ url: 7 } as never)).rejects.toThrow(
      'must be a URL that begins with https://',
    );
    await expect(webhooks.create({} as never)).rejects.toThrow('url is required');
    await expect(webhooks.create({ url, types: [] })).rejects.toThrow('must be a list of event types');
    await expect(webhooks.create({ url, types: ['key.created'] as never })).rejects.toThrow(
      'must contain only known event types',
    );
    await expect(webhooks.create({ url, secret: 'x' } as never)).rejects.toThrow('secret');
    await expect(webhooks.update({ id })).rejects.toThrow('Name at least one of');
    await expect(webhooks.update({ id, enabled: false }, { expectedVersion: 2 })).rejects.toMatchObject({
      code: 'ERR_API_KEYS_PRECONDITION_FAILED',
    });
    await expect(webhooks.rotateSecret({ id, overlapSeconds: -1 })).rejects.toThrow(
      'whole number of seconds',
    );
    await expect(webhooks.replay({ id, sequences: [] })).rejects.toThrow(
      '1 to 100 different sequence numbers',
    );
    await expect(webhooks.listDeliveries({ id, dead: 'yes' as never })).rejects.toThrow(
      'must be true or false',
    );
    await expect(webhooks.replay({ id: 'wh_unknown' })).rejects.toMatchObject({
      code: 'ERR_API_KEYS_NOT_FOUND',
    });
  });

  it('allows a hundred of them', async () => {
    const { apiKeys } = await start({ events: { webhooks: true } });
    const webhooks = apiKeys.webhooks.as(theApp);
    for (let made = 0; made < 100; made += 1) await webhooks.create({ url, enabled: false });
    await expect(webhooks.create({ url })).rejects.toThrow('There can be at most 100 webhooks.');
    expect((await webhooks.list()).items.length).toBe(100);
  });
});
