import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { Redis as Redis5 } from 'ioredis5';
import { connectRedis } from '../../../lib/redis/connect-redis.js';
import { disconnectRedis } from '../../../lib/redis/disconnect-redis.js';
import { startOrders } from '../../harness/start-orders.js';
import { startRedisTls } from '../../servers/redis-tls.cjs';
import { waitUntil } from '../../servers/wait-until.cjs';
import { answerTo, closeInstances, countedStore, namesHeld, openInstance } from './form-fixture.js';
import { theApp } from '../../harness/the-app.js';

jest.setTimeout(180_000);

const password = 'replace-this-password';
let redis: Awaited<ReturnType<typeof startRedisTls>>;
const clients: { disconnect(): void }[] = [];

beforeAll(async () => {
  redis = await startRedisTls();
}, 90_000);
afterAll(() => redis.stop());

afterEach(async () => {
  await closeInstances();
  // During a handshake that fails, too.
  for (const each of clients.splice(0)) disconnectRedis(each);
});

/** A client with an authority of its own, whose errors are collected. */
function client<
  C extends { disconnect(): void; on(event: 'error', listener: (error: Error) => void): unknown },
>(made: C): C {
  made.on('error', () => undefined);
  clients.push(made);
  return made;
}

/** Redis is down, keys work all the same, and nothing that was said holds a secret. */
async function expectNotUsed(connection: string | Redis, reason: RegExp): Promise<void> {
  const instance = await openInstance({ redis: connection });
  const { id, token } = await instance.key();
  expect(await answerTo(instance, token)).toBe('allowed');
  expect((await instance.apiKeys.keys.as(theApp).revoke({ id })).effectiveBy).toBeNull();
  expect(await answerTo(instance, token)).toBe('key_revoked');
  expect(instance.apiKeys.status().redis).toBe('down');
  expect(instance.log).toEqual([expect.stringMatching(reason)]);
  expect(instance.log.join()).not.toMatch(new RegExp(`${password}|rediss?://|CERTIFICATE-----`));
}

it.each([
  ['6', (ca: string) => client(new Redis(redis.aclUrl, { tls: { ca }, enableOfflineQueue: false }))],
  ['5', (ca: string) => client(new Redis5(redis.aclUrl, { tls: { ca }, enableOfflineQueue: false }))],
])('a client of ioredis %s that knows the authority is used', async (_, make) => {
  const store = countedStore();
  const one = await openInstance({ store, redis: make(redis.certificates.ca) });
  const two = await openInstance({ store, redis: make(redis.certificates.ca) });
  const { id, token } = await one.key();
  expect(await answerTo(one, token)).toBe('allowed');
  await waitUntil('it is cached', async () => (await namesHeld(redis.port)).join().includes(id));
  const reads = store.reads();
  expect(await answerTo(two, token)).toBe('allowed');
  expect(store.reads()).toBe(reads);
  expect([one, two].map(({ apiKeys }) => apiKeys.status().redis)).toEqual(['up', 'up']);
  expect([...one.log, ...two.log]).toEqual([]);
});

describe('a rediss:// URL', () => {
  const folder = mkdtempSync(join(tmpdir(), 'express-api-keys-tls-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  async function startApp(name: string, caFile: string): Promise<Awaited<ReturnType<typeof startOrders>>> {
    const environment = {
      DATABASE_URL: `file:${join(folder, `${name}.sqlite`)}`,
      REDIS_URL: redis.aclUrl,
      NODE_EXTRA_CA_CERTS: caFile,
    };
    return await startOrders(environment);
  }

  const stateOf = async (url: string): Promise<unknown> => (await fetch(`${url}/status`)).json();

  it('is used by a process that knows the authority from NODE_EXTRA_CA_CERTS', async () => {
    const app = await startApp('right', redis.certificates.caFile);
    try {
      expect(await stateOf(app.url)).toMatchObject({ redis: 'up' });
      const created = await app.manage('POST', '/keys', { name: 'CI', scopes: ['orders:read'] });
      expect((await app.use(String(created.body['key']))).status).toBe(200);
      await waitUntil('the key is held', async () =>
        (await namesHeld(redis.port)).join().includes(String(created.body['id'])),
      );
    } finally {
      expect(await app.stop()).toBe(0);
    }
  });

  it('is down for a process that knows another authority', async () => {
    const app = await startApp('wrong', redis.certificates.otherCaFile);
    try {
      expect(await stateOf(app.url)).toMatchObject({ ready: true, redis: 'down' });
      const created = await app.manage('POST', '/keys', { name: 'CI', scopes: ['orders:read'] });
      expect((await app.use(String(created.body['key']))).status).toBe(200);
      expect(app.output()).toMatch(/\(Redis: SELF_SIGNED_CERT_IN_CHAIN\)/);
      expect(app.output()).not.toContain(password);
    } finally {
      expect(await app.stop()).toBe(0);
    }
  });

  it('is down when the authority is unknown', async () => {
    await expectNotUsed(redis.aclUrl, /\(Redis: SELF_SIGNED_CERT_IN_CHAIN\)/);
  });

  it('is down when the server speaks plain text', async () => {
    const plain = new URL(redis.aclUrl);
    plain.port = String(redis.port);
    await expectNotUsed(plain.toString(), /\(Redis: [A-Z_]+\)/);
  });

  it('never falls back to plain text, however often it is cut off', async () => {
    const received: Buffer[] = [];
    let connections = 0;
    const listener = createServer((socket) => {
      connections += 1;
      socket.on('error', () => undefined);
      socket.once('data', (chunk) => {
        received.push(chunk);
        socket.destroy();
      });
    });
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const { port } = listener.address() as AddressInfo;
    await expectNotUsed(`rediss://api-keys:${password}@127.0.0.1:${port}`, /\(Redis: [A-Z_]+\)/);
    await waitUntil('it has tried again', () => connections > 3);
    listener.close();
    // The first byte of a TLS handshake.
    expect(new Set(received.map((chunk) => chunk[0]))).toEqual(new Set([0x16]));
    expect(Buffer.concat(received).includes(password)).toBe(false);
  });
});

it('a connection may be closed at any moment of a handshake that fails', async () => {
  const uncaught: string[] = [];
  const onUncaught = (error: Error): void => void uncaught.push(error.message);
  process.on('uncaughtException', onUncaught);
  try {
    for (let round = 0; round < 400; round += 1) {
      const connection = connectRedis(redis.aclUrl, () => undefined);
      connection.client.connect().catch(() => undefined);
      await sleep((round % 40) / 4);
      connection.close();
    }
    // A socket that the server does not close is destroyed within this time.
    await sleep(500);
    expect(uncaught).toEqual([]);
  } finally {
    process.off('uncaughtException', onUncaught);
  }
});

it('a client that knows another authority is not used', async () => {
  const made = client(new Redis(redis.aclUrl, { tls: { ca: redis.certificates.otherCa } }));
  await expectNotUsed(made, /keys are read from the database only/);
});

it('a certificate for another name is refused', async () => {
  const other = await startRedisTls({ names: 'DNS:elsewhere.example.com' });
  try {
    const errors: string[] = [];
    const made = client(new Redis(other.aclUrl, { tls: { ca: other.certificates.ca } }));
    made.on('error', (error: Error & { code?: string }) => errors.push(String(error.code)));
    await expectNotUsed(made, /keys are read from the database only/);
    expect(errors).toContain('ERR_TLS_CERT_ALTNAME_INVALID');
  } finally {
    await closeInstances();
    await other.stop();
  }
});
