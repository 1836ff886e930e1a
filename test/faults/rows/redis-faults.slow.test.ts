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

it('F11: the permission is taken away', async () => {
  await expectNothingLost(async () => {
    await onRedis(fleet(), (redis) => redis.call('ACL', 'SETUSER', 'default', 'resetkeys', '~other:*'));
    await expectRedis('down');
    return () => onRedis(fleet(), (redis) => redis.call('ACL', 'SETUSER', 'default', 'allkeys'));
  });
  expect(fleet().output()).toMatch(/NOPERM/);
});

it('F11: a password is asked for, and nobody storms the door', async () => {
  const password = 'correct-horse';
  await expectNothingLost(async () => {
    await configure('requirepass', password);
    for (const proxy of proxies()) proxy.resetAll();
    await expectRedis('down');
    await expect(onRedis(fleet(), (redis) => redis.get('x'))).rejects.toThrow(/NOAUTH/);
    const before = proxies().map(({ counts }) => counts.connections);
    await pause(5_000);
    for (const [index, { counts }] of proxies().entries()) {
      expect(counts.connections - (before[index] ?? 0)).toBeLessThan(30);
    }
    return () => onRedis(fleet(), (redis) => redis.call('CONFIG', 'SET', 'requirepass', ''), password);
  });
  expect(fleet().output()).not.toContain(password);
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

it('F16: what is published gets lost on the way', async () => {
  await expectNothingLost(async () => {
    await onRedis(fleet(), (redis) => redis.call('ACL', 'SETUSER', 'default', 'resetchannels'));
    await pause(3_000);
    return () => onRedis(fleet(), (redis) => redis.call('ACL', 'SETUSER', 'default', 'allchannels'));
  });
});
