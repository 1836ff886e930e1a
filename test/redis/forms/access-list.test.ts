import { Redis } from 'ioredis';
import { startRedis } from '../../servers/redis.cjs';
import { redisCli } from '../../servers/redis-cli.cjs';
import { waitUntil } from '../../servers/wait-until.cjs';
import { answerTo, closeInstances, countedStore, namesHeld, openInstance } from './form-fixture.js';
import { theApp } from '../../harness/the-app.js';

let redis: Awaited<ReturnType<typeof startRedis>>;

beforeEach(async () => {
  redis = await startRedis();
});

afterEach(async () => {
  await closeInstances();
  await redis.stop();
});

/** The commands that the app's user may use, in lower case. */
async function allowedCommands(): Promise<string[]> {
  const user = JSON.parse(await redisCli(redis.port, ['--json', 'ACL', 'GETUSER', 'api-keys'])) as {
    commands: string;
  };
  return [...user.commands.matchAll(/\+(\S+)/g)].map(([, name]) => name ?? '');
}

/** Everything that uses Redis, once. */
async function useEverything(): Promise<void> {
  const store = countedStore();
  // The number of a database is part of the URL, as the access list expects.
  const options = { store, redis: `${redis.aclUrl}/1`, signatures: {} };
  const [one, two] = [await openInstance(options), await openInstance(options)];
  const { id, token } = await one.key();
  const other = await one.key();
  expect(await answerTo(one, token)).toBe('allowed');
  await waitUntil('it is cached', async () =>
    (await redisCli(redis.port, ['-n', '1', 'KEYS', '*'])).includes(`{${id}}`),
  );
  const reads = store.reads();
  expect(await answerTo(two, token)).toBe('allowed');
  expect(store.reads()).toBe(reads);
  // Several at once are read with a script.
  await Promise.all([token, other.token, token, other.token].map((each) => answerTo(two, each)));
  const rateLimits = [{ name: 'minute', limit: 2, windowSeconds: 60 }];
  const limited = await one.key({ rateLimits });
  for (const answer of ['allowed', 'allowed', 'rate_limited']) {
    expect(await answerTo(two, limited.token)).toBe(answer);
  }
  expect((await one.apiKeys.keys.as(theApp).revoke({ id })).effectiveBy).toBeNull();
  expect(await answerTo(two, token)).toBe('key_revoked');
  expect([...one.log, ...two.log]).toEqual([]);
}

it('an instance is refused nothing, and uses every command that it is allowed', async () => {
  await redisCli(redis.port, ['CONFIG', 'RESETSTAT']);
  await useEverything();
  expect(await redis.denials()).toEqual([]);
  const stats = await redisCli(redis.port, ['INFO', 'commandstats']);
  const used = [...stats.matchAll(/cmdstat_(\S+?):/g)].map(([, name]) => name ?? '');
  const allowed = await allowedCommands();
  expect(allowed.length).toBeGreaterThan(5);
  expect(allowed.filter((command) => !used.includes(command))).toEqual([]);
});

it.each([
  ['GET', 'foreign'],
  ['GETRANGE', 'foreign', '0', '1'],
  ['SET', 'foreign', 'x'],
  ['EVAL', "return redis.call('SET', KEYS[1], 'x')", '1', 'foreign'],
  ['EVAL', "return redis.call('DEL', KEYS[1])", '1', 'api-keys:x'],
  ['PUBLISH', 'foreign', 'x'],
  ['SUBSCRIBE', 'foreign'],
  ['KEYS', 'api-keys:*'],
  ['SCAN', '0'],
  ['DEL', 'api-keys:x'],
  ['FLUSHALL'],
  ['FLUSHDB'],
  ['CONFIG', 'GET', '*'],
  ['ACL', 'LIST'],
  ['MONITOR'],
  ['CLIENT', 'LIST'],
  ['SCRIPT', 'FLUSH'],
  ['SHUTDOWN'],
  ['REPLICAOF', 'NO', 'ONE'],
])('the user of an instance may not say %s %s', async (command, ...args) => {
  const client = new Redis(redis.aclUrl, { retryStrategy: () => null });
  await expect(client.call(command, ...args)).rejects.toThrow(/NOPERM|can't run this command/);
  client.disconnect();
  expect(await redis.denials()).not.toEqual([]);
  await redisCli(redis.port, ['ACL', 'LOG', 'RESET']);
});

it('without PUBLISH and SUBSCRIBE everything works, and it is logged once', async () => {
  await redisCli(redis.port, ['ACL', 'SETUSER', 'api-keys', '-publish', '-subscribe']);
  const store = countedStore();
  const options = { store, redis: redis.aclUrl };
  const [one, two] = [await openInstance(options), await openInstance(options)];
  const { id, token } = await one.key();
  for (const instance of [one, two]) expect(await answerTo(instance, token)).toBe('allowed');
  expect((await one.apiKeys.keys.as(theApp).revoke({ id })).effectiveBy).toBeNull();
  expect(await answerTo(two, token)).toBe('key_revoked');
  const told = 'processes learn of changes only within a second or two';
  for (const { log, apiKeys } of [one, two]) {
    await waitUntil('it is logged', () => log.length > 0);
    expect(log).toEqual([expect.stringMatching(new RegExp(`${told}.*NOPERM`))]);
    expect(apiKeys.status().redis).toBe('up');
  }
  await redisCli(redis.port, ['ACL', 'LOG', 'RESET']);
});

it('without permission to write, keys are read from the database, and it is logged once', async () => {
  await redisCli(redis.port, ['ACL', 'SETUSER', 'api-keys', '-set']);
  const instance = await openInstance({ redis: redis.aclUrl });
  const { id, token } = await instance.key();
  expect(await answerTo(instance, token)).toBe('allowed');
  await waitUntil('it is logged', () => instance.log.length > 0);
  expect(await answerTo(instance, token)).toBe('allowed');
  expect((await instance.apiKeys.keys.as(theApp).revoke({ id })).effectiveBy).toBeNull();
  expect(await answerTo(instance, token)).toBe('key_revoked');
  expect(instance.log).toEqual([expect.stringContaining('keys cannot be cached (Redis: NOPERM)')]);
  expect(await namesHeld(redis.port)).toEqual([]);
  await redisCli(redis.port, ['ACL', 'LOG', 'RESET']);
});

it('with a wrong password Redis is down, keys work, and the password is not logged', async () => {
  const wrong = redis.aclUrl.replace('replace-this-password', 'not-the-password');
  const instance = await openInstance({ redis: wrong });
  const { token } = await instance.key();
  expect(await answerTo(instance, token)).toBe('allowed');
  expect(instance.apiKeys.status().redis).toBe('down');
  expect(instance.log).toEqual([expect.stringMatching(/\(Redis: WRONGPASS\)/)]);
  expect(instance.log.join()).not.toContain('not-the-password');
  await closeInstances();
  await redisCli(redis.port, ['ACL', 'LOG', 'RESET']);
});
