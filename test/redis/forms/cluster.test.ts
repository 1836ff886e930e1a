import type { TestInstance } from '../../harness/instance.js';
import { startRedisCluster } from '../../servers/redis-cluster.cjs';
import { waitUntil } from '../../servers/wait-until.cjs';
import {
  closeClusterClients,
  makeKeys,
  openTwo,
  refusals,
  type RedisCluster,
  type SlottedKey,
} from './cluster-fixture.js';
import { answerTo, areUp, countedStore, namesHeld, useKeys, type CountedStore } from './form-fixture.js';
import { watchMachine } from '../../harness/machine-watch.js';
import { theApp } from '../../harness/the-app.js';

const machine = watchMachine();

jest.setTimeout(180_000);

afterEach(closeClusterClients, 30_000);

describe('a Cluster', () => {
  let cluster: RedisCluster;
  let store: CountedStore;
  let instances: readonly [TestInstance, TestInstance];
  let keys: readonly SlottedKey[];

  beforeAll(async () => {
    cluster = await startRedisCluster();
  }, 180_000);
  afterAll(() => cluster.stop(), 30_000);

  beforeEach(async () => {
    store = countedStore();
    instances = await openTwo(cluster, store);
    keys = await makeKeys(cluster, instances[0]);
  }, 90_000);

  it('holds keys on all of its primaries, for clients of both versions', async () => {
    const reads = store.reads();
    for (const { token } of keys) {
      for (const instance of instances) expect(await answerTo(instance, token)).toBe('allowed');
    }
    expect(store.reads()).toBe(reads);
    for (const { id, token } of keys) {
      expect((await instances[0].apiKeys.keys.as(theApp).revoke({ id })).effectiveBy).toBeNull();
      expect(await answerTo(instances[1], token)).toBe('key_revoked');
    }
    expect(instances.flatMap(({ log }) => log)).toEqual([]);
    expect(await refusals(cluster)).toEqual([]);
  });

  it('R51 counts the limits of keys on all of its primaries, for both clients together', async () => {
    const rateLimits = [
      { name: 'minute', limit: 4, windowSeconds: 60 },
      { name: 'hour', limit: 90, windowSeconds: 3600 },
    ];
    const owners = Array.from({ length: 9 }, (_, index) => `owner-${index}`);
    const countLines = (): number => instances.flatMap(({ log }) => log).length;

    async function useLimitedKeys(): Promise<readonly string[]> {
      const limited = await Promise.all(owners.map((ownerId) => instances[0].key({ ownerId, rateLimits })));
      for (const { token } of limited) await answerTo(instances[0], token);
      const uses = limited.flatMap(({ token }) => [token, token, token, token, token]);
      return Promise.all(uses.map((token, index) => answerTo(instances[index % 2 ? 1 : 0], token)));
    }

    let linesBefore = countLines();
    let answers = await useLimitedKeys();
    // On a machine so busy that Redis is missed for a moment, each process counts by itself, and says so.
    for (let attempts = 1; countLines() > linesBefore && attempts < 5; attempts += 1) {
      await waitUntil('Redis is used again', () => areUp(instances));
      linesBefore = countLines();
      answers = await useLimitedKeys();
    }
    expect(answers.filter((answer) => answer === 'allowed')).toHaveLength(3 * owners.length);
    expect(answers.filter((answer) => answer === 'rate_limited')).toHaveLength(2 * owners.length);
    const counters = await Promise.all(cluster.nodes.map(({ port }) => namesHeld(port)));
    expect(counters.filter((names) => names.some((name) => name.includes('limits:'))).length).toBeGreaterThan(
      1,
    );
    expect(countLines()).toBe(linesBefore);
    expect(await refusals(cluster)).toEqual([]);
  });

  it('F12: is used without a fault while slots move', async () => {
    const [first] = keys;
    const { slot } = first!;
    const from = await cluster.primaryOf(slot);
    const target = await cluster.primaryOf((slot + 6000) % 16_384);
    expect(target).not.toBe(from);
    const load = useKeys(
      instances,
      keys.map(({ token }) => token),
    );
    await cluster.moveSlot(slot, target, async () => {
      // One key's entries are on their way, and it changes.
      const changed = await instances[0].apiKeys.keys
        .as(theApp)
        .update({ id: first!.id, name: 'On its way' });
      expect(changed.effectiveBy).toBeNull();
      const before = load.count();
      await waitUntil('all keys are used between two nodes', () => load.count() > before + 100);
    });
    expect(await cluster.primaryOf(slot)).toBe(target);
    await waitUntil('its new node holds it', async () =>
      (await namesHeld(target.port)).some((name) => name.endsWith(`{${first!.id}}`)),
    );
    const before = load.count();
    await waitUntil('all keys are used again', () => load.count() > before + 100);
    await load.stop();
    expect([...load.answers()]).toEqual(['allowed']);
    await load.expectEachWithin(1_000, machine);
    expect(areUp(instances)).toBe(true);
    expect(instances.flatMap(({ log }) => log)).toEqual([]);
    expect(await refusals(cluster)).toEqual([]);
  });

  it('F13: is left for the store where a primary died, and used again when its replica took over', async () => {
    const [first, second] = keys;
    const dead = await cluster.primaryOf(first!.slot);
    const load = useKeys(
      instances,
      keys.slice(2).map(({ token }) => token),
    );
    const before = load.count();
    await waitUntil('keys are used', () => load.count() > before + 50);
    await dead.kill();
    await waitUntil('Redis is missed', () => !areUp(instances));
    const startedAt = performance.now();
    expect((await instances[0].apiKeys.keys.as(theApp).revoke({ id: first!.id })).effectiveBy).toBeNull();
    await machine.expectWithin(1_000, performance.now() - startedAt);
    expect(await answerTo(instances[1], first!.token)).toBe('key_revoked');

    await waitUntil('a replica took over', async () => (await cluster.primaryOf(first!.slot)) !== dead);
    const successor = await cluster.primaryOf(first!.slot);
    await waitUntil('every instance has found it', () => areUp(instances), 30_000);
    await waitUntil('it is used', async () => {
      await answerTo(instances[0], second!.token);
      await answerTo(instances[1], first!.token);
      return (await namesHeld(successor.port)).length > 0;
    });
    await load.stop();
    expect([...load.answers()]).toEqual(['allowed']);
    await load.expectEachWithin(1_000, machine);
    for (const instance of instances) expect(await answerTo(instance, first!.token)).toBe('key_revoked');
    for (const { log } of instances) expect(log.join('\n')).not.toContain('replace-this-password');
    expect(await refusals(cluster)).toEqual([]);
  });
});
