import { onRedis, readEntries } from '../fault-actions.js';
import { startFleet, type Fleet, type Member } from '../fleet.js';
import { pause } from '../pause.js';
import { underLoad } from '../under-load.js';
import type { ProxyMode } from '../tcp-proxy.js';

jest.setTimeout(60_000);

let fleet: Fleet;
beforeAll(async () => {
  fleet = await startFleet({ place: 'PostgreSQL and Redis', processes: 2 });
});
afterAll(() => fleet.stop());

const redisStates = (): Promise<unknown[]> =>
  Promise.all(fleet.members.map(async ({ app }) => (await app.status())['redis']));

/** The state that every process shows, once it shows it. */
async function expectRedis(state: 'up' | 'down'): Promise<void> {
  for (let tries = 0; tries < 60; tries += 1) {
    if ((await redisStates()).every((each) => each === state)) return;
    await pause(50);
  }
  expect(await redisStates()).toEqual(fleet.members.map(() => state));
}

/**
 * While Redis has a fault, the store is well: so there is no excuse for a 503, an answer over a second, or a change that
 * is not confirmed at once.
 */
async function expectNothingLost(work: () => Promise<void>): Promise<void> {
  const { violations, operations } = await underLoad(fleet, 1, async () => {
    await work();
    const created = await fleet
      .member(0)
      .app.manage('POST', '/keys', { name: 'CI', scopes: ['orders:read'] });
    const token = String(created.body['key']);
    for (const { app } of fleet.members) expect((await app.use(token)).status).toBe(200);
    const revoked = await fleet.member(0).app.manage('POST', `/keys/${String(created.body['id'])}/revoke`);
    expect(revoked.status).toBe(200);
    for (const { app } of fleet.members) expect((await app.use(token)).code).toBe('key_revoked');
    await undo();
  });
  expect(violations).toEqual([]);
  expect(operations).toBeGreaterThan(20);
}

let undo: () => Promise<void> = () => Promise.resolve();

const proxies = (): NonNullable<Member['redis']>[] =>
  fleet.members.flatMap(({ redis }) => (redis === null ? [] : [redis]));

function setProxies(mode: ProxyMode): void {
  for (const proxy of proxies()) proxy.set(mode);
  undo = () => {
    for (const proxy of proxies()) {
      proxy.set({ kind: 'pass' });
      // What was cut or garbled in the middle cannot go on.
      proxy.resetAll();
    }
    return Promise.resolve();
  };
}

const configure = (...settings: string[]): Promise<unknown> =>
  onRedis(fleet, (redis) => redis.call('CONFIG', 'SET', ...settings));

it.each([200, 1_000, 5_000])('F4: Redis takes %i ms for each reply', async (toClientMs) => {
  await expectNothingLost(async () => {
    setProxies({ kind: 'delay', toServerMs: 0, toClientMs });
    await expectRedis('down');
  });
  expect(proxies().every(({ counts }) => counts.delayed > 0)).toBe(true);
});

it('F5: Redis stands still, and goes on with what it was sent before', async () => {
  await expectNothingLost(async () => {
    fleet.redis?.pause();
    undo = () => Promise.resolve(fleet.redis?.resume());
    await expectRedis('down');
  });
});

it.each<[string, ProxyMode, 'cut' | 'trickled' | 'garbled' | 'resets']>([
  ['cuts its replies', { kind: 'cut', afterBytes: 2 }, 'cut'],
  ['sends one byte a second', { kind: 'trickle' }, 'trickled'],
  ['sends garbage', { kind: 'garbage' }, 'garbled'],
  ['resets connections', { kind: 'refuse' }, 'resets'],
])('F6: Redis %s', async (_, mode, proof) => {
  await expectNothingLost(async () => {
    setProxies(mode);
    await expectRedis('down');
  });
  expect(proxies().every(({ counts }) => counts[proof] > 0)).toBe(true);
});

it('F8: the primary becomes a replica that takes no writes', async () => {
  await expectNothingLost(async () => {
    await onRedis(fleet, (redis) => redis.call('REPLICAOF', '127.0.0.1', '1'));
    undo = async () => void (await onRedis(fleet, (redis) => redis.call('REPLICAOF', 'NO', 'ONE')));
    const write = onRedis(fleet, (redis) => redis.set('x', 'y'));
    await expect(write).rejects.toThrow(/READONLY/);
  });
});

it('F9: Redis has no memory left, and reads show the old value', async () => {
  await expectNothingLost(async () => {
    await configure('maxmemory', '1', 'maxmemory-policy', 'noeviction');
    undo = async () => void (await configure('maxmemory', '0'));
    const write = onRedis(fleet, (redis) => redis.set('x', 'y'));
    await expect(write).rejects.toThrow(/OOM/);
  });
});

it('F10: Redis throws entries out', async () => {
  await expectNothingLost(async () => {
    const before = await evicted();
    await configure('maxmemory', '1', 'maxmemory-policy', 'allkeys-lru');
    undo = async () => {
      expect(await evicted()).toBeGreaterThan(before);
      await configure('maxmemory', '0', 'maxmemory-policy', 'noeviction');
    };
    await pause(500);
  });
});

async function evicted(): Promise<number> {
  const stats = await onRedis(fleet, (redis) => redis.info('stats'));
  return Number(/evicted_keys:(\d+)/.exec(stats)?.[1]);
}

it('F11: the permission is taken away', async () => {
  await expectNothingLost(async () => {
    await onRedis(fleet, (redis) => redis.call('ACL', 'SETUSER', 'default', 'resetkeys', '~other:*'));
    undo = async () =>
      void (await onRedis(fleet, (redis) => redis.call('ACL', 'SETUSER', 'default', 'allkeys')));
    await expectRedis('down');
  });
  expect(fleet.output()).toMatch(/NOPERM/);
});

it('F11: a password is asked for', async () => {
  await expectNothingLost(async () => {
    await configure('requirepass', 'correct-horse');
    for (const proxy of proxies()) proxy.resetAll();
    undo = async () => {
      await onRedis(fleet, (redis) => redis.call('CONFIG', 'SET', 'requirepass', ''), 'correct-horse');
    };
    await expectRedis('down');
  });
  expect(fleet.output()).toMatch(/NOAUTH/);
  expect(fleet.output()).not.toMatch(/correct-horse/);
});

it('F16: subscribers are cut off again and again', async () => {
  let killed = 0;
  await expectNothingLost(async () => {
    for (let round = 0; round < 10; round += 1) {
      killed += await onRedis(fleet, async (redis) =>
        Number(await redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub')),
      );
      await pause(100);
    }
  });
  expect(killed).toBeGreaterThan(0);
});

it('F17: everything is flushed, and another app has written under the same names', async () => {
  await expectNothingLost(async () => {
    for (let round = 0; round < 10; round += 1) {
      await onRedis(fleet, (redis) => redis.flushall());
      await pause(50);
    }
  });
  const created = await fleet.member(0).app.manage('POST', '/keys', { name: 'CI', scopes: ['orders:read'] });
  await pause(100);
  await onRedis(fleet, async (redis) => {
    const [entry] = await readEntries(redis, String(created.body['id']));
    const name = entry?.[0] ?? '';
    await redis.del(name);
    await redis.lpush(name, 'a list');
    expect((await fleet.member(1).app.use(String(created.body['key']))).status).toBe(200);
  });
});
