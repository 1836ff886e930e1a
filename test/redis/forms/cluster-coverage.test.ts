import { startRedisCluster } from '../../servers/redis-cluster.cjs';
import { waitUntil } from '../../servers/wait-until.cjs';
import { closeClusterClients, makeKeys, openTwo } from './cluster-fixture.js';
import { answerTo, countedStore, useKeys } from './form-fixture.js';
import { watchMachine } from '../../harness/machine-watch.js';
import { theApp } from '../../harness/the-app.js';

const machine = watchMachine();

jest.setTimeout(180_000);

describe.each([
  ['stops as a whole (cluster-require-full-coverage yes)', true],
  ['goes on with its other slots (cluster-require-full-coverage no)', false],
])('a Cluster that lost a primary for good, and %s', (_, fullCoverage) => {
  it('F13: lets keys of every slot in, quickly, and answers changes', async () => {
    const cluster = await startRedisCluster({ fullCoverage, replicas: false });
    try {
      const instances = await openTwo(cluster, countedStore());
      const keys = await makeKeys(cluster, instances[0]);
      const dead = await cluster.primaryOf(keys[0]!.slot);
      await dead.kill();
      const survivor = cluster.nodes.find((node) => node !== dead)!;
      await waitUntil('the others have noticed', async () => {
        const info = await cluster.ask(survivor, ['CLUSTER', 'INFO']);
        return (
          info.includes(`cluster_state:${fullCoverage ? 'fail' : 'ok'}`) && /slots_fail:[1-9]/.test(info)
        );
      });
      const load = useKeys(
        instances,
        keys.map(({ token }) => token),
      );
      await waitUntil('all keys are used for a while', () => load.count() > 500);
      expect((await instances[0].apiKeys.keys.as(theApp).revoke({ id: keys[0]!.id })).effectiveBy).toBeNull();
      await load.stop();
      expect([...load.answers()].filter((answer) => answer !== 'key_revoked')).toEqual(['allowed']);
      await load.expectEachWithin(1_000, machine);
      for (const instance of instances) expect(await answerTo(instance, keys[0]!.token)).toBe('key_revoked');
    } finally {
      await closeClusterClients();
      await cluster.stop();
    }
  });
});
