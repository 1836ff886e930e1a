import { generateKeyPairSync } from 'node:crypto';
import { Redis } from 'ioredis';
import { signRequest, type PrivateKeySigner, type SecretSigner } from '../../lib/index.js';
import { insist } from '../faults/insist.js';
import { makeEffective } from '../harness/make-effective.js';
import { makeOwnDatabase } from '../harness/own-database.js';
import { startOrders, type OrdersEnvironment, type OrdersProcess } from '../harness/start-orders.js';
import { startRedis } from '../servers/redis.cjs';
import { waitUntil } from '../servers/wait-until.cjs';

jest.setTimeout(120_000);

type Headers = Record<string, string>;
type Signer = PrivateKeySigner | SecretSigner;

const body = '{"item":"book"}';

/** Signs a request to what both processes are called. */
const sign = (signer: Signer): Headers =>
  signRequest({ method: 'POST', url: 'http://orders.example/signed', body }, signer);

/** Sends a signed request to one process. */
async function send(to: OrdersProcess, headers: Headers): Promise<number> {
  const answer = await fetch(`${to.url}/signed`, { method: 'POST', body, headers });
  await answer.text();
  return answer.status;
}

const accepted = (statuses: readonly number[]): number => statuses.filter((status) => status === 200).length;

/** Registers two keys of owner `alice`: one with a public key, one with a secret that signs. */
async function register(at: OrdersProcess): Promise<readonly Signer[]> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString();
  const fields = { name: 'signer', scopes: ['orders:read'] };
  const one = await insist(() => at.manage('POST', '/keys', { ...fields, publicKey: pem }));
  const two = await insist(() => at.manage('POST', '/keys', { ...fields, signing: 'hmac' }));
  expect([one.status, two.status, one.body['key'], typeof two.body['key']]).toEqual([
    201,
    201,
    undefined,
    'string',
  ]);
  return [
    { keyId: String(one.body['id']), privateKey, tag: 'acme' },
    { keyId: String(two.body['id']), secret: String(two.body['key']) },
  ];
}

/**
 * Sends each request to several at once, some requests at a time. How often each got in, of those that did: on a busy
 * machine an answer of Redis may come too late, and then no request is accepted.
 */
async function sendAgain(
  processes: readonly OrdersProcess[],
  requests: readonly Headers[],
  look: (statuses: readonly number[]) => void = () => undefined,
): Promise<number[]> {
  const counts: number[] = [];
  for (let at = 0; at < requests.length; at += 5) {
    const some = requests.slice(at, at + 5).map(async (headers) => {
      const statuses = await Promise.all(processes.map((to) => send(to, headers)));
      look(statuses);
      return accepted(statuses);
    });
    counts.push(...(await Promise.all(some)));
  }
  return counts.filter((count) => count > 0);
}

/** Sends requests that are new: one of several gets in, or all are answered with 503, and some are not. */
async function sendNew(processes: readonly OrdersProcess[], requests: readonly Headers[]): Promise<void> {
  const counts = await sendAgain(processes, requests, (statuses) => {
    if (accepted(statuses) === 0) expect(new Set(statuses)).toEqual(new Set([503]));
  });
  expect(new Set(counts)).toEqual(new Set([1]));
  expect(counts.length).toBeGreaterThan(requests.length / 4);
}

describe('signed requests over two processes', () => {
  const cleanUps: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
  });

  async function startBoth(environment: OrdersEnvironment): Promise<[OrdersProcess, OrdersProcess]> {
    const processes = await Promise.all([startOrders(environment), startOrders(environment)]);
    for (const each of processes) cleanUps.push(async () => (each.hasEnded() ? undefined : each.stop()));
    return processes;
  }

  async function onFile(): Promise<OrdersEnvironment> {
    const database = await makeOwnDatabase('SQLite');
    cleanUps.push(() => database.remove());
    return { DATABASE_URL: database.url };
  }

  async function onServers(): Promise<{
    environment: OrdersEnvironment;
    redis: Awaited<ReturnType<typeof startRedis>>;
  }> {
    const database = await makeOwnDatabase('PostgreSQL');
    cleanUps.push(() => database.remove());
    const redis = await startRedis();
    return { environment: { DATABASE_URL: database.url, REDIS_URL: redis.aclUrl }, redis };
  }

  /** Redis answers for signatures from a second after it began; a request that came too late is signed anew. */
  const untilAccepted = (to: OrdersProcess, signer: Signer): Promise<void> =>
    waitUntil('a signature is accepted', async () => (await send(to, sign(signer))) === 200);

  it('R80 on one file: none is accepted twice, nor after both were restarted', async () => {
    const environment = await onFile();
    const [one, two] = await startBoth(environment);
    const signers = await register(one);
    const requests = signers.flatMap((signer) => Array.from({ length: 20 }, () => sign(signer)));
    await sendNew([one, two, one, two], requests);
    await one.kill();
    await two.stop();
    const again = await startBoth(environment);
    expect(await sendAgain(again, requests)).toEqual([]);
    for (const signer of signers) await untilAccepted(again[0], signer);
  });

  it('R80 on PostgreSQL and Redis: none is accepted twice, nor after a flush, a restart and a new server', async () => {
    const { environment, redis } = await onServers();
    let server = redis;
    cleanUps.push(() => server.stop());
    const [one, two] = await startBoth(environment);
    const signers = await register(one);
    const [signer] = signers as [Signer];
    await untilAccepted(one, signer);
    const used: Headers[] = [];
    async function useNewOnes(): Promise<void> {
      const requests = signers.flatMap((each) => Array.from({ length: 20 }, () => sign(each)));
      await sendNew([one, two, one, two, two, one], requests);
      used.push(...requests);
    }

    await useNewOnes();
    const admin = new Redis(redis.url);
    await admin.flushall();
    admin.disconnect();
    expect(await sendAgain([one, two], used)).toEqual([]);
    await untilAccepted(two, signer);
    expect(await sendAgain([one, two], used)).toEqual([]);

    await useNewOnes();
    await server.stop();
    expect(await sendAgain([one, two], used)).toEqual([]);
    expect(await send(one, sign(signer))).toBe(503);
    server = await startRedis({ port: redis.port });
    expect(await sendAgain([one, two], used)).toEqual([]);
    await untilAccepted(one, signer);
    expect(await sendAgain([one, two], used)).toEqual([]);
    await useNewOnes();
    expect(await sendAgain([one, two], used)).toEqual([]);
  });

  it('R77 a key that was revoked in one process signs nothing in the other', async () => {
    const [one, two] = await startBoth(await onFile());
    for (const signer of await register(one)) {
      await untilAccepted(two, signer);
      const revoked = await makeEffective(() => one.manage('POST', `/keys/${signer.keyId}/revoke`));
      expect([200, 202]).toContain(revoked.status);
      const { status } = await insist(async () => ({ status: await send(two, sign(signer)) }));
      expect(status).toBe(401);
    }
  });
});
