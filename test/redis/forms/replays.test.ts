import { Cluster, Redis } from 'ioredis';
import { randomBytes } from 'node:crypto';
import type { ReplayGuard, SignatureUse } from '../../../lib/ports/replay-guard.js';
import type { RedisClient } from '../../../lib/redis/redis-client.js';
import { ManagedRedis } from '../../../lib/redis/managed-redis.js';
import { createRedisReplayGuard } from '../../../lib/redis/redis-replay-guard.js';
import { startRedisCluster } from '../../servers/redis-cluster.cjs';
import { startRedisSentinel } from '../../servers/redis-sentinel.cjs';
import { waitUntil } from '../../servers/wait-until.cjs';
import { createRecordedLogger, systemClock } from '../cache-fixture.js';
import { shownClusterOptions, shownSentinelOptions } from './shown-options.js';

jest.setTimeout(90_000);

const skewMs = 1000;
const cleanUps: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
}, 90_000);

async function openGuard(client: RedisClient & { disconnect(): void }): Promise<ReplayGuard> {
  client.on('error', () => undefined);
  const logger = createRecordedLogger();
  const keyPrefix = `api-keys:${randomBytes(8).toString('hex')}:`;
  const redis = new ManagedRedis({
    connection: client,
    logger,
    deadlineMs: 500,
    probeName: `${keyPrefix}{probe}`,
  });
  const guard = createRedisReplayGuard({ redis, keyPrefix, skewMs, clock: systemClock, logger });
  cleanUps.push(() => {
    guard.close();
    redis.close();
    client.disconnect();
  });
  await redis.open();
  guard.open();
  return guard;
}

/** One that was signed just now, by a clock that is as far ahead as it may be. */
function newUse(): SignatureUse {
  const now = Date.now();
  return {
    name: randomBytes(16).toString('hex'),
    signedAt: now + skewMs,
    rememberUntil: now + 60_000,
    now,
  };
}

/** Every place answers: sixteen names in a row are rarely in fewer than ten of them. */
const untilKnown = (guard: ReplayGuard): Promise<void> =>
  waitUntil('signatures are known', async () => {
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => guard.take({ ...newUse(), signedAt: Date.now() })),
    );
    return answers.every((answer) => answer === 'first');
  });

async function useMany(guard: ReplayGuard): Promise<SignatureUse[]> {
  const uses = Array.from({ length: 60 }, newUse);
  expect(new Set(await Promise.all(uses.map((use) => guard.take(use))))).toEqual(new Set(['first']));
  return uses;
}

async function firstAgain(guard: ReplayGuard, uses: readonly SignatureUse[]): Promise<number> {
  const answers = await Promise.all(uses.map((use) => guard.take(use)));
  return answers.filter((answer) => answer === 'first').length;
}

it('R80 none is first again while a Cluster loses a primary and a replica takes over', async () => {
  const cluster = await startRedisCluster();
  cleanUps.push(() => cluster.stop());
  const guard = await openGuard(new Cluster(cluster.addresses, shownClusterOptions()));
  await untilKnown(guard);
  const uses = await useMany(guard);
  const primary = await cluster.primaryOf(0);
  await primary.kill();
  let again = 0;
  await waitUntil('a replica has taken over', async () => {
    again += await firstAgain(guard, uses);
    return (await cluster.primaryOf(0).catch(() => primary)) !== primary;
  });
  await untilKnown(guard);
  again += await firstAgain(guard, uses);
  expect(again).toBe(0);
  await useMany(guard);
});

it('R80 none is first again while Sentinel fails over', async () => {
  const set = await startRedisSentinel();
  cleanUps.push(() => set.stop());
  const options = { ...shownSentinelOptions(), sentinels: set.sentinels, name: set.name };
  const guard = await openGuard(new Redis(options));
  await untilKnown(guard);
  const uses = await useMany(guard);
  await (await set.primary()).kill();
  let again = 0;
  await waitUntil('there is another primary', async () => {
    again += await firstAgain(guard, uses);
    return (await guard.take(newUse())) !== 'unknown';
  });
  await untilKnown(guard);
  again += await firstAgain(guard, uses);
  expect(again).toBe(0);
});
