import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { Redis as Redis5 } from 'ioredis5';
import type { TestInstance } from '../../harness/instance.js';
import { redisCli } from '../../servers/redis-cli.cjs';
import { startRedisSentinel } from '../../servers/redis-sentinel.cjs';
import { waitUntil } from '../../servers/wait-until.cjs';
import {
  answerTo,
  areUp,
  closeInstances,
  countedStore,
  openInstance,
  useKeys,
  versionsHeld,
} from './form-fixture.js';
import { shownSentinelOptions, type ShownSentinelOptions } from './shown-options.js';
import { watchMachine } from '../../harness/machine-watch.js';
import { theApp } from '../../harness/the-app.js';

const machine = watchMachine();

type SentinelSet = Awaited<ReturnType<typeof startRedisSentinel>>;

jest.setTimeout(120_000);

let set: SentinelSet;
const clients: { disconnect(): void }[] = [];

beforeEach(async () => {
  set = await startRedisSentinel();
}, 90_000);

afterEach(async () => {
  await closeInstances();
  for (const each of clients.splice(0)) each.disconnect();
  await set.stop();
}, 90_000);

/** The client of the document, for the sentinels of this test. */
function client<C extends { disconnect(): void; on(event: 'error', listener: () => void): unknown }>(
  make: (options: ShownSentinelOptions) => C,
): C {
  const made = make({ ...shownSentinelOptions(), sentinels: set.sentinels, name: set.name });
  made.on('error', () => undefined);
  clients.push(made);
  return made;
}

const ioredis6 = (): Redis => client((options) => new Redis(options));
const ioredis5 = (): Redis5 => client((options) => new Redis5(options));

/** One instance on each major version of ioredis, and one that holds keys itself, on one store. */
async function openThree(
  store = countedStore(),
): Promise<readonly [TestInstance, TestInstance, TestInstance]> {
  return [
    await openInstance({ store, redis: ioredis6() }),
    await openInstance({ store, redis: ioredis5() }),
    await openInstance({ store, redis: ioredis6(), cache: {} }),
  ];
}

async function failOver(fault: (primary: SentinelSet['nodes'][number]) => unknown): Promise<void> {
  const before = await set.primary();
  await fault(before);
  await waitUntil('the sentinels name another primary', async () => (await set.primary()) !== before);
  const after = await set.primary();
  await waitUntil('it takes writes', async () => (await redisCli(after.port, ['ROLE'])).startsWith('master'));
}

describe.each([
  ['dies', (primary: SentinelSet['nodes'][number]) => primary.kill()],
  ['hangs', (primary: SentinelSet['nodes'][number]) => primary.pause()],
])('a primary that %s', (_, fault) => {
  it('F7: is followed by its replica, while keys are accepted without an error and what was revoked stays so', async () => {
    const instances = await openThree();
    const [one] = instances;
    const good = await one.key();
    const revokedBefore = await one.key();
    const revokedMeanwhile = await one.key();
    const all = useKeys(instances, [good.token]);
    const refused = useKeys(instances, [revokedBefore.token]);
    await waitUntil('the key is held', async () => {
      const held = await versionsHeld((await set.primary()).port, revokedBefore.id);
      return held.length > 0;
    });
    expect((await one.apiKeys.keys.as(theApp).revoke({ id: revokedBefore.id })).effectiveBy).toBeNull();
    await refused.stop();
    const stillRefused = useKeys(instances, [revokedBefore.token]);

    const failedOver = failOver(fault);
    await waitUntil('Redis is missed', () =>
      instances.every(({ apiKeys }) => apiKeys.status().redis === 'down'),
    );
    const startedAt = performance.now();
    expect((await one.apiKeys.keys.as(theApp).revoke({ id: revokedMeanwhile.id })).effectiveBy).toBeNull();
    await machine.expectWithin(1_000, performance.now() - startedAt);
    await failedOver;
    await waitUntil('every instance has found it', () => areUp(instances), 60_000);

    const { port } = await set.primary();
    await waitUntil('it is used', async () => (await versionsHeld(port, good.id)).length > 0);
    const answeredBefore = all.count();
    await waitUntil('keys are used for a while', () => all.count() > answeredBefore + 100);
    await Promise.all([all.stop(), stillRefused.stop()]);
    expect([...all.answers()]).toEqual(['allowed']);
    expect([...stillRefused.answers()]).toEqual(['key_revoked']);
    for (const load of [all, stillRefused]) await load.expectEachWithin(1_000, machine);
    for (const instance of instances) {
      expect(await answerTo(instance, revokedMeanwhile.token)).toBe('key_revoked');
      expect(instance.log.join('\n')).not.toContain('replace-this-password');
    }
    const after = await one.apiKeys.keys.as(theApp).revoke({ id: good.id });
    expect(after.effectiveBy).toBeNull();
    for (const instance of instances) expect(await answerTo(instance, good.token)).toBe('key_revoked');
  });
});

describe('a revocation that the replica never got', () => {
  it('F14: holds after the failover, also in a process that starts then', async () => {
    const store = countedStore();
    const instances = await openThree(store);
    const [one, two] = instances;
    const { id, token } = await one.key();
    for (const instance of instances) expect(await answerTo(instance, token)).toBe('allowed');
    const primary = await set.primary();
    const replica = set.nodes.find((node) => node !== primary)!;
    await waitUntil('the copy is replicated', async () => (await versionsHeld(replica.port, id)).length > 0);

    // The replica may not ask for what it has missed.
    await redisCli(primary.port, ['ACL', 'SETUSER', 'default', '-psync', '-sync']);
    await redisCli(primary.port, ['CLIENT', 'KILL', 'TYPE', 'replica']);
    await waitUntil('the replica has lost its primary', async () =>
      (await redisCli(replica.port, ['INFO', 'replication'])).includes('master_link_status:down'),
    );
    expect((await one.apiKeys.keys.as(theApp).revoke({ id })).effectiveBy).toBeNull();
    await waitUntil('the primary has it', async () =>
      (await versionsHeld(primary.port, id)).every((version) => version === 2),
    );
    expect(new Set(await versionsHeld(replica.port, id))).toEqual(new Set([1]));

    await failOver((node) => node.kill());
    expect(await set.primary()).toBe(replica);
    await waitUntil('every instance has found it', () => areUp(instances), 60_000);
    // What is served now is the copy from before the revocation.
    expect(await versionsHeld(replica.port, id)).toContain(1);
    const late = await openInstance({ store, redis: ioredis6() });
    expect(late.apiKeys.status().redis).toBe('up');
    expect(await answerTo(late, token)).toBe('key_revoked');
    expect(await answerTo(two, token)).toBe('key_revoked');
    for (const instance of instances) expect(await answerTo(instance, token)).toBe('key_revoked');
  });
});

describe.each<[string, () => Redis | Redis5]>([
  ['ioredis 6', ioredis6],
  ['ioredis 5', ioredis5],
])('a client of %s that asks a Sentinel for the primary', (_, open) => {
  /** Loses the connection, and calls back while the client asks for the primary again. */
  async function askAgain(instance: TestInstance, redis: Redis | Redis5, then: () => void): Promise<void> {
    const asked = new Promise<void>((resolve) => {
      redis.once('connecting', () => {
        then();
        resolve();
      });
    });
    const { port } = await set.primary();
    await redisCli(port, ['CLIENT', 'KILL', 'TYPE', 'normal']);
    await asked;
    await waitUntil('it has ended', () => redis.status === 'end');
    expect(instance.apiKeys.status().redis).toBe('down');
  }

  it('is connected again when a failover is announced just then', async () => {
    const redis = open();
    const instance = await openInstance({ redis });
    const { token } = await instance.key();
    // What the failover detector does.
    await askAgain(instance, redis, () => redis.disconnect(true));
    expect(await answerTo(instance, token)).toBe('allowed');
    await waitUntil('Redis is used again', () => instance.apiKeys.status().redis === 'up');
    expect(instance.log.join('\n')).not.toContain('does not reconnect');
  });

  it('stays closed when the app closes it just then, and that is logged', async () => {
    const redis = open();
    const instance = await openInstance({ redis });
    const { token } = await instance.key();
    await askAgain(instance, redis, () => redis.disconnect());
    await waitUntil('it is logged', () => instance.log.join('\n').includes('does not reconnect'));
    await sleep(1_500);
    expect(redis.status).toBe('end');
    expect(await answerTo(instance, token)).toBe('allowed');
  });

  it('stays closed when the app closes it before it is connected again', async () => {
    const redis = open();
    const instance = await openInstance({ redis });
    redis.once('end', () => redis.disconnect());
    await askAgain(instance, redis, () => redis.disconnect(true));
    await waitUntil('it is logged', () => instance.log.join('\n').includes('does not reconnect'));
    await sleep(1_500);
    expect(redis.status).toBe('end');
  });
});

describe('a Sentinel client without failoverDetector', () => {
  it('is advised to have it, at the start', async () => {
    const redis = client(({ failoverDetector: _, ...options }) => new Redis(options));
    const { log } = await openInstance({ redis });
    expect(log).toEqual([expect.stringContaining('failoverDetector: true')]);
  });
});
