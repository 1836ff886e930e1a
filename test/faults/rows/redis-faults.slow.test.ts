import { appUser } from '../../servers/redis-app-user.cjs';
import { waitUntil } from '../../servers/wait-until.cjs';
import { onRedis } from '../fault-actions.js';
import { memoryOf } from '../memory-of.js';
import { pause } from '../pause.js';
import type { ProxyMode } from '../tcp-proxy.js';
import { redisRows } from './redis-rows.js';

jest.setTimeout(180_000);

const { fleet, proxies, expectNothingLost, setProxies, expectRedis, configure } = redisRows();

it('F3: Redis is gone for a minute, and memory does not grow', async () => {
  const memory = (): number => Math.max(...fleet().members.map(({ app }) => memoryOf(app.pid)));
  await expectNothingLost(async () => {
    await fleet().redis?.kill();
    await expectRedis('down');
    await pause(20_000);
    const before = memory();
    await pause(40_000);
    expect(memory() - before).toBeLessThan(64 * 1024 * 1024);
    return () => fleet().restartRedis();
  });
});

it.each([200, 5_000])('F4: Redis takes %i ms for each reply', async (toClientMs) => {
  await expectNothingLost(async () => {
    const end = setProxies({ kind: 'delay', toServerMs: 0, toClientMs });
    await expectRedis('down');
    return end;
  });
  expect(proxies().every(({ counts }) => counts.delayed > 0)).toBe(true);
});

it.each<[string, ProxyMode, 'cut' | 'trickled' | 'resets']>([
  ['cuts its replies', { kind: 'cut', afterBytes: 2 }, 'cut'],
  ['sends one byte a second', { kind: 'trickle' }, 'trickled'],
  ['resets connections', { kind: 'refuse' }, 'resets'],
])('F6: Redis %s', async (_, mode, proof) => {
  await expectNothingLost(async () => {
    const end = setProxies(mode);
    await expectRedis('down');
    return end;
  });
  expect(proxies().every(({ counts }) => counts[proof] > 0)).toBe(true);
});

it('F10: Redis throws entries out', async () => {
  const evicted = async (): Promise<number> => {
    const stats = await onRedis(fleet(), (redis) => redis.info('stats'));
    return Number(/evicted_keys:(\d+)/.exec(stats)?.[1]);
  };
  const before = await evicted();
  await expectNothingLost(async () => {
    await configure('maxmemory', '1', 'maxmemory-policy', 'allkeys-lru');
    await pause(1_000);
    return () => configure('maxmemory', '0', 'maxmemory-policy', 'noeviction');
  });
  expect(await evicted()).toBeGreaterThan(before);
});

/** Changes what the app's user may do. */
const permit = (...rules: string[]): Promise<unknown> =>
  onRedis(fleet(), async (redis) => {
    await redis.call('ACL', 'SETUSER', appUser.username, ...rules);
    // The server is asked at its end whether it has refused anything.
    await redis.call('ACL', 'LOG', 'RESET');
  });

const denials = (): Promise<unknown[]> =>
  onRedis(fleet(), async (redis) => (await redis.call('ACL', 'LOG')) as unknown[]);

it('F11: the permission is taken away', async () => {
  await expectNothingLost(async () => {
    const permitAgain = (): Promise<unknown> => permit('resetkeys', '~api-keys:*');
    await permit('resetkeys', '~other:*');
    try {
      await expectRedis('down');
      // On a busy machine it may have been down for another reason before it was refused anything.
      await waitUntil('Redis has refused something', async () => (await denials()).length > 0);
    } catch (error) {
      await permitAgain();
      throw error;
    }
    return permitAgain;
  });
  expect(fleet().output()).toMatch(/NOPERM/);
});

it('F11: the password changes, and nobody storms the door or tells it', async () => {
  const password = 'correct-horse';
  await expectNothingLost(async () => {
    await permit('resetpass', `>${password}`);
    for (const proxy of proxies()) proxy.resetAll();
    await expectRedis('down');
    const before = proxies().map(({ counts }) => counts.connections);
    await pause(5_000);
    expect(await denials()).not.toEqual([]);
    for (const [index, { counts }] of proxies().entries()) {
      expect(counts.connections - (before[index] ?? 0)).toBeLessThan(30);
    }
    return () => permit('resetpass', `>${appUser.password}`);
  });
  expect(fleet().output()).not.toContain(password);
  expect(fleet().output()).not.toContain(appUser.password);
});

it('F16: subscribers are cut off again and again', async () => {
  let killed = 0;
  await expectNothingLost(async () => {
    for (let round = 0; round < 30; round += 1) {
      killed += await onRedis(fleet(), async (redis) =>
        Number(await redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub')),
      );
      await pause(100);
    }
    return () => pause(0);
  });
  expect(killed).toBeGreaterThan(0);
});

it('F16: what is published is not delivered', async () => {
  await expectNothingLost(async () => {
    await permit('resetchannels');
    await pause(3_000);
    return () => permit('&api-keys:*');
  });
});
