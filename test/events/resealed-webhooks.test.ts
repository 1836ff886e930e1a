import type { ApiKeysOptions } from '../../lib/index.js';
import { memoryStore } from '../../lib/testing/index.js';
import { createInstance, testPepper, type Scope, type TestInstance } from '../harness/instance.js';
import { makeOwnDatabase } from '../harness/own-database.js';
import { theApp } from '../harness/the-app.js';
import { isSignedWith, receiveWebhooks, type WebhookReceiver } from './webhook-receiver.js';

jest.setTimeout(120_000);

const older = 'an older pepper of thirty-two bytes or more';
const lostPepper = 'a pepper that will be lost, of enough bytes';
const events = { webhooks: { allowInsecureHttp: true, allowPrivateNetworks: true } };

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

type Options = Partial<ApiKeysOptions<Scope>>;

async function makePlace(kind: 'memory' | 'SQLite' | 'PostgreSQL'): Promise<Options> {
  if (kind === 'memory') return { store: memoryStore() };
  const { url, remove } = await makeOwnDatabase(kind);
  cleanUps.push(remove);
  return { database: url };
}

async function start(options: Options): Promise<TestInstance> {
  const instance = createInstance({ events, clock: { now: () => Date.now() }, ...options });
  cleanUps.push(() => instance.apiKeys.close());
  await instance.apiKeys.ready();
  return instance;
}

async function receive(): Promise<WebhookReceiver> {
  const receiver = await receiveWebhooks();
  cleanUps.push(() => receiver.close());
  return receiver;
}

describe.each(['memory', 'SQLite', 'PostgreSQL'] as const)('the secrets of webhooks in %s', (kind) => {
  it('sign on without their pepper once they were resealed, both of a rotation', async () => {
    const place = await makePlace(kind);
    const receiver = await receive();
    const before = await start({ ...place, pepper: older });
    const made = before.apiKeys.webhooks.as(theApp);
    const { id, secret: first } = await made.create({ url: receiver.url, types: ['owner.erased'] });
    const { secret: second } = await made.rotateSecret({ id, overlapSeconds: 3600 });
    const lost = await start({ ...place, pepper: lostPepper });
    const { id: lostId } = await lost.apiKeys.webhooks.as(theApp).create({ url: receiver.url });

    // The process that reseals need not send webhooks itself.
    const both = await start({ ...place, pepper: [testPepper, older], events: undefined });
    await start({ ...place, pepper: [testPepper, older] }).then(({ apiKeys }) =>
      apiKeys.webhooks.as(theApp).create({ url: receiver.url, description: 'made under the new one' }),
    );
    const keys = both.apiKeys.keys.as(theApp);
    expect(await keys.resealSecrets()).toEqual({ resealed: 0, lost: 0, webhooks: { resealed: 1, lost: 1 } });
    expect(await keys.resealSecrets()).toEqual({ resealed: 0, lost: 0, webhooks: { resealed: 0, lost: 1 } });

    const after = await start(place);
    const webhooks = after.apiKeys.webhooks.as(theApp);
    expect(await webhooks.test({ id })).toMatchObject({ delivered: true });
    const request = receiver.requests.at(-1)!;
    expect([first, second].map((secret) => isSignedWith(secret, request))).toEqual([true, true]);
    expect(await webhooks.test({ id: lostId })).toMatchObject({
      delivered: false,
      error: 'no configured pepper opens its secret: rotate it',
    });
    const [entry] = (await after.apiKeys.audit.as(theApp).list({ action: 'webhook.updated' })).items;
    expect(entry).toMatchObject({ webhookId: id, changedFields: ['secret'], actor: { kind: 'application' } });
    expect((await after.apiKeys.audit.as(theApp).list({ action: 'webhook.updated' })).items.length).toBe(1);
  });
});

it('goes on with the rest where it was interrupted', async () => {
  const store = memoryStore();
  const before = await start({ store, pepper: older });
  const url = 'https://crm.acme.example/hooks';
  for (let made = 0; made < 3; made += 1)
    await before.apiKeys.webhooks.as(theApp).create({ url, enabled: false });
  let left = 1;
  const failing: typeof store = Object.assign(Object.create(store) as typeof store, {
    transact: async (...args: Parameters<typeof store.transact>) => {
      if (left === 0) throw new Error('the connection is gone');
      left -= 1;
      return store.transact(...args);
    },
  });
  const pepper = [testPepper, older];
  const broken = await start({ store: failing, pepper });
  await expect(broken.apiKeys.keys.as(theApp).resealSecrets()).rejects.toThrow();
  const whole = await start({ store, pepper });
  expect(await whole.apiKeys.keys.as(theApp).resealSecrets()).toMatchObject({
    webhooks: { resealed: 2, lost: 0 },
  });
});
