import { generateKeyPairSync } from 'node:crypto';
import request from 'supertest';
import { ApiKeysError } from '../../lib/index.js';
import type { KeyStore } from '../../lib/store/index.js';
import { memoryStore } from '../../lib/testing/index.js';
import { createDeribitApp } from '../dialects/deribit-app.js';
import { accessTokenOf, createNebulaApp } from '../dialects/nebula-app.js';
import { createYativoApp } from '../dialects/yativo-app.js';
import { createInstance } from '../harness/instance.js';
import { startSignedApp } from '../harness/signed-app.js';
import { basic, startTokenApp } from '../tokens/token-app.js';
import { theApp } from '../harness/the-app.js';

let takesChanges: boolean;
let store: KeyStore;
let ends: (() => unknown)[];

/** A store that answers every read, and refuses what is written once it takes no changes: as an old primary does. */
function storeThatMayRefuse(): KeyStore {
  const inner = memoryStore();
  const refuse = (): Promise<never> => Promise.reject(new ApiKeysError('unavailable'));
  const feed = Object.assign(Object.create(inner.feed) as KeyStore['feed'], {
    join: (...instance: Parameters<KeyStore['feed']['join']>) =>
      takesChanges ? inner.feed.join(...instance) : refuse(),
    leave: (...id: Parameters<KeyStore['feed']['leave']>) =>
      takesChanges ? inner.feed.leave(...id) : refuse(),
    beat: (...beat: Parameters<KeyStore['feed']['beat']>) =>
      takesChanges ? inner.feed.beat(...beat) : refuse(),
    claimPlace: (...claim: Parameters<KeyStore['feed']['claimPlace']>) =>
      takesChanges ? inner.feed.claimPlace(...claim) : refuse(),
    latest: (limit: number) => inner.feed.latest(limit),
    lastSequence: () => inner.feed.lastSequence(),
    instances: () => inner.feed.instances(),
    remove: (...instance: Parameters<KeyStore['feed']['remove']>) => inner.feed.remove(...instance),
    watch: (onHint: () => void) => inner.feed.watch(onHint),
  });
  return {
    ...inner,
    feed,
    transact: (work) => (takesChanges ? inner.transact(work) : refuse()),
    credits: {
      ...inner.credits,
      spend: (...payment) => (takesChanges ? inner.credits.spend(...payment) : refuse()),
    },
    nonces: {
      ...inner.nonces,
      has: (...name) => inner.nonces.has(...name),
      take: (...name) => (takesChanges ? inner.nonces.take(...name) : refuse()),
    },
  };
}

/** From now on changes are refused, and the lease of the process with this clock is over. */
function stopTakingChanges({ advance }: { advance(milliseconds: number): void }): void {
  takesChanges = false;
  advance(4_000);
}

beforeEach(() => {
  takesChanges = true;
  store = storeThatMayRefuse();
  ends = [];
});

afterEach(async () => {
  takesChanges = true;
  await Promise.all(ends.map((end) => end()));
});

const unavailable = { problem: 'unavailable' };

describe('a store that answers reads and takes no changes', () => {
  it.each([{}, { cache: false as const }])(
    'P2: lets nobody in without the lease, and shows nothing in code (%j)',
    async (options) => {
      const { apiKeys, key, clock } = createInstance({ store, ...options });
      ends.push(() => apiKeys.close());
      await apiKeys.ready();
      const [held, cold] = [await key(), await key()];
      const paying = await key({ credits: { remaining: 10 } });
      expect(await apiKeys.keys.verify({ key: held.token })).toMatchObject({ allowed: true });
      stopTakingChanges(clock);
      for (const { token } of [held, cold, paying, held]) {
        await expect(apiKeys.keys.verify({ key: token })).rejects.toMatchObject(unavailable);
      }
      const shown = [
        apiKeys.keys.as(theApp).get({ id: held.id }),
        apiKeys.keys.as(theApp).list(),
        apiKeys.audit.as(theApp).list(),
        apiKeys.audit.as(theApp).verify(),
        apiKeys.keys.as(theApp).revoke({ id: held.id }),
      ];
      for (const answer of shown) await expect(answer).rejects.toMatchObject(unavailable);
      expect(apiKeys.status()).toMatchObject({ state: 'degraded', database: 'down', cachedKeys: 0 });
      takesChanges = true;
      expect(await apiKeys.keys.verify({ key: cold.token })).toMatchObject({ allowed: true });
      expect(apiKeys.status()).toMatchObject({ state: 'normal', database: 'up' });
    },
  );

  it('P2: lets no access token in, gives none, and says nothing about any', async () => {
    const app = await startTokenApp({ store });
    ends.push(() => app.close());
    const key = await app.key();
    const [held, cold] = [await app.token(key), await app.token(key)];
    expect((await app.use(held)).status).toBe(200);
    stopTakingChanges(app.clock);
    const byKey = basic(key.id, key.secret);
    const answers = [
      await app.use(held),
      await app.use(cold),
      await app.post('/token', { grant_type: 'client_credentials' }, byKey),
      await app.post('/introspect', { token: cold }, byKey),
      await app.post('/revoke', { token: cold }, byKey),
    ];
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 503, 503, 503]);
    const self = { headers: { 'X-Api-Key': key.token } };
    expect((await fetch(`${app.url}/api-keys/self`, self)).status).toBe(503);
    const list = { headers: { 'X-Test-Owner': 'alice' } };
    expect((await fetch(`${app.url}/api-keys/keys`, list)).status).toBe(503);
    takesChanges = true;
    expect((await app.use(cold)).status).toBe(200);
    expect((await fetch(`${app.url}/api-keys/self`, self)).status).toBe(200);
  });

  it('P2: lets no signed request in', async () => {
    const app = await startSignedApp({ store });
    ends.push(() => app.close());
    const signer = await app.signer(generateKeyPairSync('ed25519'));
    expect((await app.use(signer)).status).toBe(200);
    stopTakingChanges(app.instance.clock);
    expect((await app.use(signer)).status).toBe(503);
    takesChanges = true;
    expect((await app.use(signer)).status).toBe(200);
  });

  it('P2: is an outage for the dialects as well', async () => {
    const nebula = createNebulaApp({}, { store });
    const deribit = createDeribitApp({}, { store });
    const yativo = createYativoApp({}, { store });
    const instances = [nebula, deribit, yativo.instance];
    ends.push(
      ...instances.map(
        ({ apiKeys }) =>
          () =>
            apiKeys.close(),
      ),
    );
    await Promise.all(instances.map(({ apiKeys }) => apiKeys.ready()));
    const pair = await yativo.make();
    const tokenOfPair = await yativo.tokenOf(pair);
    const { client_id: id, client_secret: secret } = await deribit.newKey();
    const statuses = async (): Promise<number[]> => [
      (
        await request(nebula.app)
          .get('/api/v1/api-keys')
          .set('Authorization', `Bearer ${accessTokenOf('alice')}`)
      ).status,
      (await deribit.rpc('private/list_api_keys')).status,
      (
        await deribit.rpc('public/auth', {
          grant_type: 'client_credentials',
          client_id: id,
          client_secret: secret,
        })
      ).status,
      (await yativo.orders(tokenOfPair)).status,
      (await yativo.exchange(pair)).status,
    ];
    expect(await statuses()).toEqual([200, 200, 200, 200, 200]);
    for (const { clock } of instances) stopTakingChanges(clock);
    expect((await statuses()).every((status) => status >= 500)).toBe(true);
    takesChanges = true;
    expect(await statuses()).toEqual([200, 200, 200, 200, 200]);
  });
});
