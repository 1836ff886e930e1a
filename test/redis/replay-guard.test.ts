import { randomBytes } from 'node:crypto';
import type { ReplayGuard } from '../../lib/ports/replay-guard.js';
import { ManagedRedis } from '../../lib/redis/managed-redis.js';
import { createRedisReplayGuard } from '../../lib/redis/redis-replay-guard.js';
import { createRecordedLogger, systemClock, waitFor } from './cache-fixture.js';
import { client, pause, start, stopAll, stopNow } from './server-fixture.js';

const skewMs = 1000;
const opened: { close(): void }[] = [];

/** A guard with a connection of its own, as another process has. */
async function openGuard(
  url: string,
  keyPrefix: string,
  skew = skewMs,
  clock = systemClock,
): Promise<ReplayGuard> {
  const logger = createRecordedLogger();
  const redis = new ManagedRedis({
    connection: url,
    logger,
    deadlineMs: 1000,
    probeName: `${keyPrefix}probe`,
  });
  const guard = createRedisReplayGuard({ redis, keyPrefix, skewMs: skew, clock, logger });
  opened.push(guard, redis);
  await redis.open();
  guard.open();
  return guard;
}

const makePrefix = (): string => `api-keys:${randomBytes(8).toString('hex')}:`;
const newName = (): string => randomBytes(16).toString('hex');

/** A use of a signature that was made at a time. */
const useAt = (name: string, signedAt: number) => ({
  name,
  signedAt,
  rememberUntil: signedAt + 60_000,
  now: Date.now(),
});

/** Signed by a clock that is ahead by all that it may be, just now. */
const useNow = (name: string) => useAt(name, Date.now() + skewMs);

/** Waits until signatures of now can be distinguished from those of before the beginning. */
async function untilKnown(guard: ReplayGuard): Promise<void> {
  await waitFor(async () => (await guard.take(useAt(newName(), Date.now()))) === 'first');
}

afterEach(async () => {
  for (const each of opened.splice(0)) each.close();
  await stopAll();
});

const sharedUrl = process.env.TEST_REDIS_URL ?? '';

describe('signatures that were used', () => {
  it('R80 one of many takers at once in two processes is first', async () => {
    const prefix = makePrefix();
    const guards = [await openGuard(sharedUrl, prefix), await openGuard(sharedUrl, prefix)] as const;
    await untilKnown(guards[0]);
    for (let round = 0; round < 20; round += 1) {
      const use = useNow(newName());
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, index) => guards[index % 2 === 0 ? 0 : 1].take(use)),
      );
      expect(answers.filter((answer) => answer === 'first')).toHaveLength(1);
      expect(answers.filter((answer) => answer === 'used')).toHaveLength(49);
    }
  });

  it('R80 nothing that was signed before the beginning is first', async () => {
    const guard = await openGuard(sharedUrl, makePrefix());
    const now = Date.now();
    expect(await guard.take(useAt(newName(), now))).toBe('unknown');
    expect(await guard.take(useAt(newName(), now + skewMs - 10))).toBe('unknown');
    expect(await guard.take(useAt(newName(), now + skewMs + 1000))).toBe('first');
  });

  it('R80 none is first again after a flush', async () => {
    const prefix = makePrefix();
    const server = await start();
    const guard = await openGuard(server.aclUrl, prefix);
    await untilKnown(guard);
    const uses = Array.from({ length: 100 }, () => useNow(newName()));
    for (const use of uses) expect(await guard.take(use)).toBe('first');
    await client(server.url).flushall();
    const again = await Promise.all(uses.map((use) => guard.take(use)));
    expect(again.filter((answer) => answer === 'first')).toEqual([]);
    await untilKnown(guard);
    const later = await Promise.all(uses.map((use) => guard.take(use)));
    expect(later.filter((answer) => answer === 'first')).toEqual([]);
  });

  it('R80 none is first again after a restart that lost everything', async () => {
    const prefix = makePrefix();
    const server = await start();
    const guard = await openGuard(server.aclUrl, prefix);
    await untilKnown(guard);
    const uses = Array.from({ length: 100 }, () => useNow(newName()));
    for (const use of uses) expect(await guard.take(use)).toBe('first');
    const { port } = server;
    await stopNow(server);
    expect(await guard.take(useNow(newName()))).toBe('unknown');
    const again = await start({ port });
    await pause(1500);
    const answers = await Promise.all(uses.map((use) => guard.take(use)));
    expect(answers.filter((answer) => answer === 'first')).toEqual([]);
    const later = Date.now() + 60_000;
    await waitFor(async () => (await guard.take(useAt(newName(), later))) === 'first', 10_000);
    expect(again.port).toBe(port);
  });

  it('R80 none is first on a server that was started from an older copy', async () => {
    const prefix = makePrefix();
    const older = await start();
    const guard = await openGuard(older.aclUrl, prefix);
    await untilKnown(guard);
    const admin = client(older.url);
    const names = await admin.keys(`${prefix}replay:*`);
    expect(names).toHaveLength(16);
    const dumps = await Promise.all(names.map((name) => admin.dumpBuffer(name)));
    const use = useNow(newName());
    expect(await guard.take(use)).toBe('first');

    const promoted = await start();
    const restored = client(promoted.url);
    await Promise.all(names.map((name, index) => restored.restore(name, 0, dumps[index] ?? Buffer.alloc(0))));
    const other = await openGuard(promoted.aclUrl, prefix);
    expect(await other.take(use)).toBe('unknown');
  });

  it('R80 an eviction of names is noticed, whatever the policy', async () => {
    const prefix = makePrefix();
    const server = await start();
    const admin = client(server.url);
    const guard = await openGuard(server.aclUrl, prefix);
    await untilKnown(guard);
    const uses = Array.from({ length: 200 }, () => useNow(newName()));
    for (const use of uses) expect(await guard.take(use)).toBe('first');
    await admin.config('SET', 'maxmemory-policy', 'allkeys-random');
    await admin.config('SET', 'maxmemory', '1mb');
    await pause(200);
    await admin.config('SET', 'maxmemory', '0');
    const answers = await Promise.all(uses.map((use) => guard.take(use)));
    expect(answers.filter((answer) => answer === 'first')).toEqual([]);
  });

  it('R80 a Redis that is full, or a replica, forgets nothing and makes nothing up', async () => {
    const server = await start();
    const admin = client(server.url);
    const guard = await openGuard(server.aclUrl, makePrefix());
    await untilKnown(guard);
    const use = useNow(newName());
    expect(await guard.take(use)).toBe('first');
    await admin.config('SET', 'maxmemory', '1');
    const next = useNow(newName());
    const answers = [await guard.take(use), await guard.take(next), await guard.take(next)];
    expect(answers.slice(1).filter((answer) => answer === 'first').length).toBeLessThan(2);
    expect(answers[0]).not.toBe('first');
    await admin.config('SET', 'maxmemory', '0');
    await admin.replicaof('127.0.0.1', 1);
    expect(await guard.take(use)).toBe('unknown');
    expect(await guard.take(useNow(newName()))).toBe('unknown');
  });

  it('R80 a flood of other names makes nobody forget', async () => {
    const guard = await openGuard(sharedUrl, makePrefix());
    await untilKnown(guard);
    const use = useNow('the first one');
    expect(await guard.take(use)).toBe('first');
    // So many at a time that each is answered within its deadline on a busy machine.
    for (let round = 0; round < 100; round += 1) {
      await Promise.all(Array.from({ length: 200 }, () => guard.take(useNow(newName()))));
    }
    expect(await guard.take(use)).toBe('used');
  });

  it('R80 names are removed after their end, and not before', async () => {
    const prefix = makePrefix();
    const admin = client(sharedUrl);
    const guard = await openGuard(sharedUrl, prefix, 0);
    await untilKnown(guard);
    let name = 'a';
    for (let attempt = 0; ; attempt += 1) {
      name = `a${attempt}`;
      const now = Date.now();
      const short = { name, signedAt: now, rememberUntil: now + 2_000, now };
      const answers = [await guard.take(short), await guard.take(short)];
      // On a machine that stands still, Redis answers too late.
      if (Date.now() - now > 900 && attempt < 10) continue;
      expect(answers).toEqual(['first', 'used']);
      break;
    }
    await pause(2_100);
    // Any other name in the same place.
    for (let index = 0; index < 100; index += 1) await guard.take(useAt(`x${index}`, Date.now()));
    const members = await Promise.all(
      Array.from({ length: 16 }, (_, place) => admin.zrange(`${prefix}replay:{${place}}`, '0', '-1')),
    );
    expect(members.flat()).toContain('x1');
    expect(members.flat()).not.toContain(name);
  });

  it('R80 a Redis that was restarted begins to remember before it is queried', async () => {
    const prefix = makePrefix();
    const server = await start();
    const { port, aclUrl } = server;
    await stopNow(server);
    await openGuard(aclUrl, prefix);
    for (let round = 0; round < 2; round += 1) {
      const again = await start({ port });
      const admin = client(again.url);
      await waitFor(async () => (await admin.dbsize()) === 16, 15_000);
      expect(await admin.keys(`${prefix}replay:*`)).toHaveLength(16);
      admin.disconnect();
      await stopNow(again);
    }
  }, 180_000);

  it('R80 none is first on the first server again after two failovers', async () => {
    const prefix = makePrefix();
    const [first, second] = [await start(), await start()];
    const [one, two] = [client(first.url), client(second.url)];
    const follow = async (replica: typeof one, port: number): Promise<void> => {
      await replica.replicaof('127.0.0.1', port);
      const isUp = async () => (await replica.info('replication')).includes('master_link_status:up');
      await waitFor(isUp, 20_000);
    };
    const guard = await openGuard(first.aclUrl, prefix);
    await untilKnown(guard);
    await follow(two, first.port);
    await waitFor(async () => (await two.keys(`${prefix}replay:*`)).length === 16);
    // The second one takes over before it hears of the last signatures, and hands back.
    await two.replicaof('NO', 'ONE');
    await untilKnown(guard);
    const uses = Array.from({ length: 50 }, () => useNow(newName()));
    for (const use of uses) expect(await guard.take(use)).toBe('first');
    await follow(one, second.port);
    await one.replicaof('NO', 'ONE');
    await untilKnown(guard);
    const again = await Promise.all(uses.map((use) => guard.take(use)));
    expect(again.filter((answer) => answer === 'first')).toEqual([]);
  }, 180_000);

  it('R80 what others have removed is not first for a process whose clock is behind', async () => {
    const prefix = makePrefix();
    const guard = await openGuard(sharedUrl, prefix, 0);
    const late = await openGuard(sharedUrl, prefix, 0, { now: () => Date.now() - 120_000 });
    const useOfNow = (now = Date.now()) => ({
      ...{ name: newName(), signedAt: now, rememberUntil: now + 2_000, now },
    });
    let use = useOfNow();
    await waitFor(async () => {
      use = useOfNow();
      return (await late.take(use)) === 'first';
    });
    await pause(2_100);
    // Some of them in the same place.
    for (let index = 0; index < 300; index += 1) await guard.take(useAt(newName(), Date.now()));
    expect(await late.take(use)).toBe('unknown');
  });

  it('R80 a beginning in the future, by a wrong clock, is set right', async () => {
    const prefix = makePrefix();
    const dayMs = 86_400_000;
    const wrong = await openGuard(sharedUrl, prefix, skewMs, { now: () => Date.now() + dayMs });
    expect(await wrong.take(useNow(newName()))).toBe('unknown');
    const guard = await openGuard(sharedUrl, prefix);
    await waitFor(async () => (await guard.take(useNow(newName()))) === 'first');
  });
});
