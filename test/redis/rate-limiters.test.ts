import { Redis } from 'ioredis';
import { createMemoryRateLimiter } from '../../lib/memory/memory-rate-limiter.js';
import type { CountedDemand, LimitDemand, RateLimiter } from '../../lib/ports/rate-limiter.js';
import { createManagedRedis, type ManagedRedis } from '../../lib/redis/managed-redis.js';
import { createRedisRateLimiter } from '../../lib/redis/redis-rate-limiter.js';
import { createRecordedLogger, makePrefix, systemClock, waitFor } from './cache-fixture.js';
import { callsOf, client, pause, start, stopAll } from './server-fixture.js';
import { watchMachine } from '../harness/machine-watch.js';

const machine = watchMachine();

const connections: ManagedRedis[] = [];
const afterwards: (() => void)[] = [];

afterEach(async () => {
  for (const redis of connections.splice(0)) redis.close();
  for (const end of afterwards.splice(0)) end();
  await stopAll();
});

async function openLimiter(
  url = process.env.TEST_REDIS_ACL_URL ?? '',
  keyPrefix = `api-keys:${makePrefix()}`,
  // The machine of a test may stand still for a moment.
  deadlineMs = 5000,
): Promise<{ limiter: RateLimiter; log: readonly string[]; keyPrefix: string }> {
  const logger = createRecordedLogger();
  const redis = createManagedRedis(url, keyPrefix, logger, deadlineMs);
  connections.push(redis);
  await redis.open();
  return { limiter: createRedisRateLimiter({ redis, keyPrefix, logger }), log: logger.messages, keyPrefix };
}

/** A demand on a key with windows of so many seconds, by name. */
function demand(
  windows: Readonly<Record<string, readonly [limit: number, windowSeconds: number]>>,
  { cost = 1, place = 'owner-a', subject = 'key-1' } = {},
): LimitDemand {
  const limits = Object.entries(windows).map(([name, [limit, windowSeconds]]) => ({
    ...{ name, limit, windowSeconds },
  }));
  return { place, subjects: [{ name: subject, limits }], cost };
}

async function counted(limiter: RateLimiter, wanted: LimitDemand): Promise<CountedDemand> {
  const result = await limiter.count(wanted);
  if (result === null) throw new Error('not counted');
  return result;
}

const used = ({ windows }: CountedDemand): readonly number[] => windows.map((window) => window.used);

describe.each([
  ['in memory', async () => createMemoryRateLimiter(systemClock)],
  ['in Redis', async () => (await openLimiter()).limiter],
])('a limiter %s', (_name, open) => {
  it('counts in all windows or in none', async () => {
    const limiter = await open();
    const wanted = demand({ minute: [3, 60], hour: [5, 3600] });
    for (const count of [1, 2, 3]) {
      const result = await counted(limiter, wanted);
      expect([result.isWithin, ...used(result)]).toEqual([true, count, count]);
    }
    const refused = await counted(limiter, wanted);
    expect([refused.isWithin, ...used(refused)]).toEqual([false, 3, 3]);
    expect(refused.windows.map(({ isViolated }) => isViolated)).toEqual([true, false]);
    for (const { policy, leftMs } of refused.windows) {
      expect(leftMs).toBeGreaterThan(0);
      expect(leftMs).toBeLessThanOrEqual(policy.windowSeconds * 1000);
    }
  });

  it('counts subjects together, each apart from those of others', async () => {
    const limiter = await open();
    const owner = demand({ minute: [3, 60] }, { subject: 'owner' }).subjects;
    const of = (key: string, limit: number): LimitDemand => ({
      place: 'owner-b',
      subjects: [...demand({ minute: [limit, 60] }, { subject: key }).subjects, ...owner],
      cost: 1,
    });
    expect(used(await counted(limiter, of('one', 2)))).toEqual([1, 1]);
    expect(used(await counted(limiter, of('two', 2)))).toEqual([1, 2]);
    expect(used(await counted(limiter, of('one', 2)))).toEqual([2, 3]);
    const refused = await counted(limiter, of('two', 2));
    expect(refused.windows.map(({ isViolated }) => isViolated)).toEqual([false, true]);
    // The same names in another place are others.
    const elsewhere = { ...of('two', 2), place: 'owner-c' };
    expect(used(await counted(limiter, elsewhere))).toEqual([1, 1]);
  });

  it('takes nothing of what costs too much, and the rest of it still fits', async () => {
    const limiter = await open();
    const dear = demand({ minute: [10, 60] }, { cost: 7 });
    expect((await counted(limiter, dear)).isWithin).toBe(true);
    expect((await counted(limiter, dear)).isWithin).toBe(false);
    expect(used(await counted(limiter, { ...dear, cost: 3 }))).toEqual([10]);
    expect((await counted(limiter, demand({ other: [5, 60] }, { cost: 6 }))).isWithin).toBe(false);
  });

  it('never extends a window, and resets when it is over', async () => {
    const limiter = await open();
    for (let attempt = 0; ; attempt += 1) {
      const wanted = demand({ seconds: [2, 2] }, { subject: `key-${attempt}` });
      const startedAt = performance.now();
      const [first] = (await counted(limiter, wanted)).windows;
      await pause(400);
      const [second] = (await counted(limiter, wanted)).windows;
      const [third] = (await counted(limiter, wanted)).windows;
      // On a machine that stood still, the window was over before.
      if (performance.now() - startedAt > 1_900 && attempt < 10) continue;
      expect([second?.endsAt, third?.endsAt]).toEqual([first?.endsAt, first?.endsAt]);
      await pause(Math.max(0, second?.leftMs ?? 0) + 50);
      const result = await counted(limiter, wanted);
      expect([result.isWithin, ...used(result)]).toEqual([true, 1]);
      expect(result.windows[0]?.endsAt).toBeGreaterThanOrEqual((first?.endsAt ?? 0) + 2000);
      break;
    }
  });

  it('keeps what was counted when a limit changes, and ends a window sooner that became shorter', async () => {
    const limiter = await open();
    await counted(limiter, demand({ window: [5, 3600] }, { cost: 4 }));
    expect(used(await counted(limiter, demand({ window: [9, 3600] })))).toEqual([5]);
    const [shorter] = (await counted(limiter, demand({ window: [9, 60] }))).windows;
    expect(shorter).toMatchObject({ used: 6 });
    expect(shorter?.leftMs).toBeLessThanOrEqual(60_000);
    expect((await counted(limiter, demand({ window: [2, 60] }))).isWithin).toBe(false);
  });

  it('forgets windows that are not there any more', async () => {
    const limiter = await open();
    await counted(limiter, demand({ minute: [9, 60], old: [9, 3600] }));
    await counted(limiter, demand({ minute: [9, 60] }));
    expect(used(await counted(limiter, demand({ minute: [9, 60], old: [9, 3600] })))).toEqual([3, 1]);
  });

  it('gives back what was counted', async () => {
    const limiter = await open();
    const wanted = demand({ minute: [2, 60], hour: [9, 3600] }, { cost: 2 });
    for (let count = 0; count < 4; count += 1) {
      const result = await counted(limiter, wanted);
      expect([result.isWithin, ...used(result)]).toEqual([true, 2, 2]);
      limiter.giveBack(wanted, result);
    }
    const kept = await counted(limiter, wanted);
    // What was refused has taken nothing, so there is nothing to give back.
    limiter.giveBack(wanted, await counted(limiter, wanted));
    expect(used(await counted(limiter, wanted))).toEqual(used(kept));
  });

  it('is exact while very many ask at once', async () => {
    const limiter = await open();
    const wanted = demand({ minute: [100, 60] });
    const results = await Promise.all(Array.from({ length: 1000 }, () => counted(limiter, wanted)));
    expect(results.filter(({ isWithin }) => isWithin)).toHaveLength(100);
    const firsts = results.filter(({ isWithin }) => isWithin).map((result) => used(result)[0]);
    expect(firsts.toSorted((a = 0, b = 0) => a - b)).toEqual(
      Array.from({ length: 100 }, (_, index) => index + 1),
    );
  });
});

describe('in memory', () => {
  it('no more than so many subjects are kept, and those whose windows are over go first', async () => {
    const clock = { time: 0, now: () => clock.time };
    const limiter = createMemoryRateLimiter(clock, 3);
    const of = (subject: string): LimitDemand => demand({ minute: [1, 60] }, { subject });
    for (const subject of ['a', 'b', 'c']) expect(limiter.count(of(subject)).isWithin).toBe(true);
    for (const subject of ['a', 'b', 'c']) expect(limiter.count(of(subject)).isWithin).toBe(false);
    expect(limiter.count(of('d')).isWithin).toBe(true);
    expect(limiter.count(of('c')).isWithin).toBe(false);
    clock.time = 60_000;
    expect(limiter.count(of('c')).isWithin).toBe(true);
  });

  it('a clock that is set back makes nobody wait longer than a window', () => {
    const clock = { time: 10_000_000, now: () => clock.time };
    const limiter = createMemoryRateLimiter(clock);
    limiter.count(demand({ minute: [1, 60] }));
    clock.time = 0;
    expect(limiter.count(demand({ minute: [1, 60] })).windows[0]?.leftMs).toBe(60_000);
  });
});

describe('in Redis', () => {
  it('R51 several limiters count together', async () => {
    const one = await openLimiter();
    const two = await openLimiter(undefined, one.keyPrefix);
    const wanted = demand({ minute: [20, 60], hour: [1000, 3600] });
    const results = await Promise.all(
      Array.from({ length: 200 }, (_, index) => counted((index % 2 ? one : two).limiter, wanted)),
    );
    expect(results.filter(({ isWithin }) => isWithin)).toHaveLength(20);
    expect([...one.log, ...two.log]).toEqual([]);
  });

  it('a request is one command, and the requests of one turn share one', async () => {
    const server = await start();
    const admin = client(server.url);
    const { limiter } = await openLimiter(server.url);
    const wanted = demand({ minute: [1000, 60], hour: [2000, 3600], day: [9000, 86_400] });
    await counted(limiter, wanted);
    const scripts = async (): Promise<number> => (await callsOf(admin)).evalsha ?? 0;
    const before = await scripts();
    for (let count = 0; count < 10; count += 1) await counted(limiter, wanted);
    expect((await scripts()) - before).toBe(10);
    await Promise.all(
      Array.from({ length: 50 }, (_, index) => counted(limiter, { ...wanted, place: `owner-${index}` })),
    );
    expect((await scripts()) - before).toBe(11);
  });

  it('what others put under its names counts as nothing', async () => {
    const admin = new Redis(process.env.TEST_REDIS_URL ?? '');
    const { limiter, log, keyPrefix } = await openLimiter();
    afterwards.push(() => admin.disconnect());
    const name = `${keyPrefix}limits:{owner-a}:key-1`;
    for (const put of [
      () => admin.lpush(name, 'x'),
      () => admin.set(name, 'minute 9 99;minute x y;;;'),
      () => admin.set(name, `minute 1 ${Date.now() + 1e12};`),
      () => admin.set(name, 'x'.repeat(100_000)),
    ]) {
      await admin.del(name);
      await put();
      const [window] = (await counted(limiter, demand({ minute: [5, 60] }))).windows;
      expect(window?.used).toBeLessThanOrEqual(2);
      expect(window?.leftMs).toBeLessThanOrEqual(60_000);
    }
    expect(await admin.pttl(name)).toBeGreaterThan(0);
    expect(log).toEqual([]);
  });

  it('answers null at once while Redis is away, and counts again when it is back', async () => {
    const server = await start();
    const { limiter, log } = await openLimiter(server.url, undefined, 200);
    const wanted = demand({ minute: [100, 60] });
    await counted(limiter, wanted);
    server.pause();
    const startedAt = performance.now();
    expect(await limiter.count(wanted)).toBeNull();
    await machine.expectWithin(2_000, performance.now() - startedAt);
    expect(limiter.count(wanted)).toBeNull();
    expect(limiter.isUp()).toBe(false);
    server.resume();
    await waitFor(() => limiter.isUp());
    expect(used(await counted(limiter, wanted))[0]).toBeGreaterThanOrEqual(2);
    expect(
      log.filter((message) => message.includes('limits are counted by each process alone')),
    ).toHaveLength(1);
  });

  it('a Redis without memory, or without the permission, is asked again after a second', async () => {
    const server = await start();
    const admin = client(server.url);
    const { limiter, log } = await openLimiter(server.aclUrl);
    const wanted = demand({ minute: [100, 60] });
    await counted(limiter, wanted);
    await admin.config('SET', 'maxmemory', '1');
    expect(await limiter.count(wanted)).toBeNull();
    expect(limiter.isUp()).toBe(false);
    await admin.config('SET', 'maxmemory', '0');
    await waitFor(() => limiter.isUp());
    expect((await counted(limiter, wanted)).isWithin).toBe(true);
    const begins = /limits are counted by each process alone, or refused \(Redis: OOM/;
    const ends = 'api-keys: limits are counted by all processes together again';
    expect(log).toEqual([expect.stringMatching(begins), ends]);
    await admin.call('ACL', 'SETUSER', 'api-keys', '-time');
    expect(await limiter.count(wanted)).toBeNull();
    await admin.call('ACL', 'SETUSER', 'api-keys', '+time');
    await admin.call('ACL', 'LOG', 'RESET');
    await waitFor(() => limiter.isUp());
    expect(used(await counted(limiter, wanted))).toEqual([3]);
  });

  it('P20: a Redis that is lost again at once, and stays away, is logged again, and once', async () => {
    const server = await start();
    const { limiter, log } = await openLimiter(server.url, undefined, 200);
    const wanted = demand({ minute: [100, 60] });
    const begins = 'api-keys: limits are counted by each process alone, or refused (Redis: timeout)';
    const ends = 'api-keys: limits are counted by all processes together again';
    const logged = (): string[] => log.filter((message) => message.includes('limits are counted'));
    await counted(limiter, wanted);
    for (const lines of [
      [begins, ends],
      [begins, ends, begins, ends],
    ]) {
      server.pause();
      await waitFor(async () => {
        expect(await limiter.count(wanted)).toBeNull();
        return logged().length === lines.length - 1;
      });
      for (let count = 0; count < 20; count += 1) expect(await limiter.count(wanted)).toBeNull();
      server.resume();
      await waitFor(() => limiter.isUp());
      await counted(limiter, wanted);
      expect(logged()).toEqual(lines);
    }
  });

  it('a Redis that refuses, and is out of reach for a while, is not up before it counts again', async () => {
    const server = await start();
    const admin = client(server.url);
    const { limiter } = await openLimiter(server.aclUrl, undefined, 200);
    const wanted = demand({ minute: [100, 60] });
    await counted(limiter, wanted);
    await admin.replicaof('127.0.0.1', 1);
    expect(await limiter.count(wanted)).toBeNull();
    await pause(1_100);
    server.pause();
    expect(await limiter.count(wanted)).toBeNull();
    server.resume();
    for (let round = 0; round < 120; round += 1) {
      expect(limiter.isUp()).toBe(false);
      await pause(25);
    }
    await admin.replicaof('NO', 'ONE');
    await waitFor(() => limiter.isUp());
    expect((await counted(limiter, wanted)).isWithin).toBe(true);
  });
});
