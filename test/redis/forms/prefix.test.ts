import { Redis } from 'ioredis';
import { Redis as Redis5 } from 'ioredis5';
import { startRedis } from '../../servers/redis.cjs';
import { redisCli } from '../../servers/redis-cli.cjs';
import { waitUntil } from '../../servers/wait-until.cjs';
import { answerTo, closeInstances, countedStore, namesHeld, openInstance } from './form-fixture.js';
import { theApp } from '../../harness/the-app.js';

let redis: Awaited<ReturnType<typeof startRedis>>;
const clients: { disconnect(): void }[] = [];

beforeEach(async () => {
  redis = await startRedis();
});

afterEach(async () => {
  await closeInstances();
  for (const each of clients.splice(0)) each.disconnect();
  await redis.stop();
});

function client<C extends { disconnect(): void }>(made: C): C {
  clients.push(made);
  return made;
}

const versions = [
  ['6', (keyPrefix: string) => client(new Redis(redis.aclUrl, { keyPrefix }))],
  ['5', (keyPrefix: string) => client(new Redis5(redis.aclUrl, { keyPrefix }))],
] as const;

it('redis.keyPrefix is what all names and channels begin with', async () => {
  const keyPrefix = 'api-keys:shop:';
  const one = await openInstance({ redis: { client: redis.aclUrl, keyPrefix } });
  const { id, token } = await one.key();
  expect(await answerTo(one, token)).toBe('allowed');
  await waitUntil('it is cached', async () => (await namesHeld(redis.port)).length > 1);
  const held = await namesHeld(redis.port);
  expect(held).toContain(`${keyPrefix}place`);
  const names = held.filter((name) => name !== `${keyPrefix}place`);
  expect(names.every((name) => name.startsWith(keyPrefix) && name.endsWith(`{${id}}`))).toBe(true);
  const channels = JSON.parse(await redisCli(redis.port, ['--json', 'PUBSUB', 'CHANNELS'])) as string[];
  expect(channels).toEqual([`${keyPrefix}changes`]);
});

it('instances with different prefixes hold nothing in common, and what is revoked is revoked for both', async () => {
  const store = countedStore();
  const one = await openInstance({ store, redis: redis.aclUrl });
  const two = await openInstance({ store, redis: { client: redis.aclUrl, keyPrefix: 'api-keys:other:' } });
  const { id, token } = await one.key();
  for (const instance of [one, two, one, two]) expect(await answerTo(instance, token)).toBe('allowed');
  await waitUntil('both hold it', async () => {
    const names = await namesHeld(redis.port);
    return names.filter((name) => name.startsWith('api-keys:other:')).length > 0 && names.length > 1;
  });
  for (const instance of [one, two]) expect(await answerTo(instance, token)).toBe('allowed');
  expect((await one.apiKeys.keys.as(theApp).revoke({ id })).effectiveBy).toBeNull();
  for (const instance of [one, two]) expect(await answerTo(instance, token)).toBe('key_revoked');
});

it.each(versions)('a keyPrefix of a client of ioredis %s comes in front', async (_, make) => {
  const store = countedStore();
  // The access list of the document allows names and channels with our own prefix, so this one begins with it.
  const keyPrefix = 'api-keys:client:';
  const one = await openInstance({ store, redis: make(keyPrefix) });
  const two = await openInstance({ store, redis: make(keyPrefix) });
  const { id, token } = await one.key();
  expect(await answerTo(one, token)).toBe('allowed');
  await waitUntil('it is cached', async () => (await namesHeld(redis.port)).length > 0);
  const names = await namesHeld(redis.port);
  expect(names.every((name) => name.startsWith(`${keyPrefix}api-keys:`))).toBe(true);
  const reads = store.reads();
  expect(await answerTo(two, token)).toBe('allowed');
  expect(store.reads()).toBe(reads);
  await Promise.all(Array.from({ length: 20 }, () => answerTo(two, token)));
  expect((await one.apiKeys.keys.as(theApp).revoke({ id })).effectiveBy).toBeNull();
  expect(await answerTo(two, token)).toBe('key_revoked');
  expect([...one.log, ...two.log]).toEqual([]);
  const channels = JSON.parse(await redisCli(redis.port, ['--json', 'PUBSUB', 'CHANNELS'])) as string[];
  expect(channels).toEqual(['api-keys:changes']);
});

it.each(versions)('a client of ioredis %s is left open by close()', async (_, make) => {
  const made = make('');
  const instance = await openInstance({ redis: made });
  expect(instance.apiKeys.status().redis).toBe('up');
  await instance.apiKeys.close();
  expect(await made.getrange('api-keys:nobody', 0, 0)).toBe('');
  // The connection that listened was our own.
  await waitUntil('nobody listens', async () => (await redisCli(redis.port, ['PUBSUB', 'CHANNELS'])) === '');
});
