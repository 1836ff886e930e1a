// @ts-check
'use strict';
const { redisCli } = require('./redis-cli.cjs');
const { startRedisNode } = require('./redis-node.cjs');
const { freePort } = require('./server-process.cjs');
const { waitUntil } = require('./wait-until.cjs');

const NODE_TIMEOUT_MS = 1500;

/**
 * A node of a cluster as another one sees it.
 * @typedef {object} ClusterMember
 * @property {string} id
 * @property {number} port
 * @property {boolean} isPrimary
 * @property {boolean} isFailing
 * @property {string} primaryId `-` for a primary
 * @property {Array<[number, number]>} slots first and last of each range
 */

/** @param {string} line of CLUSTER NODES @returns {ClusterMember} */
function readMember(line) {
  const [id = '', address = '', flags = '', primaryId = '', , , , , ...ranges] = line.split(' ');
  return {
    id,
    port: Number(/:(\d+)@/.exec(address)?.[1]),
    isPrimary: flags.includes('master'),
    isFailing: flags.split(',').includes('fail'),
    primaryId,
    slots: ranges
      .filter((range) => !range.startsWith('['))
      .map((range) => {
        const [from = '', to = from] = range.split('-');
        return [Number(from), Number(to)];
      }),
  };
}

/**
 * Starts a Redis Cluster of three primaries with one replica each. A node that is silent for 1.5 s counts as gone.
 * @param {object} [options]
 * @param {boolean} [options.fullCoverage] whether all stops when some slots have no node; as in Redis, `true` by default
 * @param {boolean} [options.replicas] `false`: three primaries alone, so that nobody takes the place of one
 * @returns {Promise<{
 *   nodes: readonly import('./redis-node.cjs').RedisNode[],
 *   addresses: Array<{ host: string, port: number }>,
 *   members: () => Promise<ClusterMember[]>,
 *   slotOf: (key: string) => Promise<number>,
 *   primaryOf: (slot: number) => Promise<import('./redis-node.cjs').RedisNode>,
 *   moveSlot: (slot: number, to: import('./redis-node.cjs').RedisNode, during?: () => Promise<void>) => Promise<void>,
 *   ask: (node: import('./redis-node.cjs').RedisNode, args: readonly string[]) => Promise<string>,
 *   stop: () => Promise<void>,
 * }>}
 */
async function startRedisCluster({ fullCoverage = true, replicas = true } = {}) {
  const args = async () => [
    ...['--cluster-enabled', 'yes', '--cluster-config-file', 'nodes.conf'],
    ...['--cluster-node-timeout', String(NODE_TIMEOUT_MS), '--cluster-port', String(await freePort())],
    ...['--cluster-require-full-coverage', fullCoverage ? 'yes' : 'no'],
    ...['--repl-diskless-sync-delay', '0', '--cluster-replica-validity-factor', '0'],
  ];
  const size = replicas ? 6 : 3;
  /** @type {import('./redis-node.cjs').RedisNode[]} */
  const nodes = [];
  // One after the other: each takes its ports before the next looks for some.
  for (let index = 0; index < size; index += 1) nodes.push(await startRedisNode(await args()));
  const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`);

  /** @param {import('./redis-node.cjs').RedisNode} node @param {readonly string[]} command */
  const ask = (node, command) => redisCli(node.port, command);

  /** What the first node that answers knows of all of them. @returns {Promise<ClusterMember[]>} */
  async function members() {
    for (const { port } of nodes) {
      const answer = await redisCli(port, ['CLUSTER', 'NODES'], { timeoutMs: 1000 }).catch(() => null);
      if (answer !== null) return answer.split('\n').map(readMember);
    }
    throw new Error('No node of the cluster answers');
  }

  /** @param {number} slot */
  async function primaryOf(slot) {
    const holder = (await members()).find(
      (member) =>
        member.isPrimary &&
        !member.isFailing &&
        member.slots.some(([from, to]) => from <= slot && slot <= to),
    );
    const node = nodes.find(({ port }) => port === holder?.port);
    if (node === undefined) throw new Error(`Nobody has slot ${slot}`);
    return node;
  }

  /** @param {import('./redis-node.cjs').RedisNode} node */
  const idOf = (node) => ask(node, ['CLUSTER', 'MYID']);

  await redisCli(
    nodes[0]?.port ?? 0,
    ['--cluster', 'create', ...addresses, '--cluster-replicas', replicas ? '1' : '0', '--cluster-yes'],
    { timeoutMs: 60_000 },
  );
  await waitUntil('every node has the whole cluster', async () => {
    const states = await Promise.all(nodes.map((node) => ask(node, ['CLUSTER', 'INFO'])));
    const roles = await Promise.all(nodes.map((node) => ask(node, ['INFO', 'replication'])));
    const views = await Promise.all(nodes.map((node) => ask(node, ['CLUSTER', 'NODES'])));
    return (
      states.every((state) => state.includes('cluster_state:ok')) &&
      states.every((state) => state.includes(`cluster_known_nodes:${size}`)) &&
      // A node learns later than the cluster is usable which of the others are replicas.
      views.every((view) => view.split('\n').filter((line) => readMember(line).isPrimary).length === 3) &&
      roles.every((role) => role.includes('role:master') || role.includes('master_link_status:up'))
    );
  });

  return {
    nodes,
    addresses: nodes.map(({ port }) => ({ host: '127.0.0.1', port })),
    members,
    ask,
    primaryOf,
    slotOf: async (key) => Number(await ask(/** @type {any} */ (nodes[0]), ['CLUSTER', 'KEYSLOT', key])),

    /** Moves a slot with what is in it, as resharding does; `during` runs when it is between two nodes. */
    async moveSlot(slot, to, during = async () => undefined) {
      const from = await primaryOf(slot);
      const [fromId, toId] = await Promise.all([idOf(from), idOf(to)]);
      await ask(to, ['CLUSTER', 'SETSLOT', String(slot), 'IMPORTING', fromId]);
      await ask(from, ['CLUSTER', 'SETSLOT', String(slot), 'MIGRATING', toId]);
      await during();
      for (;;) {
        const keys = await ask(from, ['CLUSTER', 'GETKEYSINSLOT', String(slot), '100']);
        if (keys === '') break;
        const migrate = ['MIGRATE', '127.0.0.1', String(to.port), '', '0', '2000', 'REPLACE', 'KEYS'];
        await ask(from, [...migrate, ...keys.split('\n')]);
      }
      // The receiver first, so that nobody is sent to one who does not know yet.
      for (const node of [to, from]) await ask(node, ['CLUSTER', 'SETSLOT', String(slot), 'NODE', toId]);
    },

    async stop() {
      await Promise.all(nodes.map((node) => node.stop()));
    },
  };
}

module.exports = { startRedisCluster };
