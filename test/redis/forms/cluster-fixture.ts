import { Cluster } from 'ioredis';
import { Cluster as Cluster5 } from 'ioredis5';
import type { TestInstance } from '../../harness/instance.js';
import type { startRedisCluster } from '../../servers/redis-cluster.cjs';
import { waitUntil } from '../../servers/wait-until.cjs';
import {
  answerTo,
  areUp,
  closeInstances,
  namesHeld,
  openInstance,
  type CountedStore,
} from './form-fixture.js';
import { shownClusterOptions } from './shown-options.js';

export type RedisCluster = Awaited<ReturnType<typeof startRedisCluster>>;
/** A key, and in which slot its entries are. */
export type SlottedKey = Awaited<ReturnType<TestInstance['key']>> & { readonly slot: number };

const clients: { disconnect(): void }[] = [];

/** To be called after each test, before the cluster is stopped. */
export async function closeClusterClients(): Promise<void> {
  await closeInstances();
  for (const each of clients.splice(0)) each.disconnect();
}

/** One instance on each major version of ioredis, with the options of the document, on one store. */
export async function openTwo(
  cluster: RedisCluster,
  store: CountedStore,
): Promise<readonly [TestInstance, TestInstance]> {
  const [six, five] = [
    new Cluster(cluster.addresses, shownClusterOptions()),
    new Cluster5(cluster.addresses, shownClusterOptions()),
  ];
  clients.push(six, five);
  for (const each of [six, five]) each.on('error', () => undefined);
  const instances = [
    await openInstance({ store, redis: six }),
    await openInstance({ store, redis: five }),
  ] as const;
  await waitUntil('both are connected', () => areUp(instances));
  return instances;
}

/** Keys whose entries are on every primary, and are there. */
export async function makeKeys(cluster: RedisCluster, instance: TestInstance): Promise<SlottedKey[]> {
  const members = await cluster.members();
  const holderOf = ({ slot }: SlottedKey): number | undefined =>
    members.find(({ slots }) => slots.some(([from, to]) => from <= slot && slot <= to))?.port;
  const keys: SlottedKey[] = [];
  // Their ids are drawn: now and then, sixteen of them leave a primary out.
  do {
    const made = await Promise.all(Array.from({ length: 16 }, () => instance.key()));
    for (const key of made) keys.push({ ...key, slot: await cluster.slotOf(key.id) });
  } while (new Set(keys.map(holderOf)).size < 3 && keys.length < 100);
  expect(new Set(keys.map(holderOf)).size).toBe(3);
  for (const { token } of keys) expect(await answerTo(instance, token)).toBe('allowed');
  await waitUntil('all of them are held', async () => {
    const names = (await Promise.all(cluster.nodes.map(({ port }) => namesHeld(port)))).flat().join('\n');
    return keys.every(({ id }) => names.includes(`{${id}}`));
  });
  return keys;
}

/** How often the nodes have refused something in a way that a client of a Cluster should not have caused. */
export async function refusals(cluster: RedisCluster): Promise<string[]> {
  const stats = await Promise.all(
    cluster.nodes.map((node) => cluster.ask(node, ['INFO', 'errorstats']).catch(() => '')),
  );
  return stats.flatMap((text) => text.match(/errorstat_(?:CROSSSLOT|NOPERM|READONLY)\S*/g) ?? []);
}
