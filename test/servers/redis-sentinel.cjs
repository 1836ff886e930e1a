// @ts-check
'use strict';
const { mkdtempSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { findServerProgram } = require('./install-servers.cjs');
const { answersPing } = require('./redis.cjs');
const { redisCli } = require('./redis-cli.cjs');
const { startRedisNode } = require('./redis-node.cjs');
const { onFreePort, startServerProcess } = require('./server-process.cjs');
const { waitUntil } = require('./wait-until.cjs');

const NAME = 'keys';
/** A replica that comes is served at once; by default the primary waits five seconds for more of them. */
const NODE_ARGS = ['--repl-diskless-sync-delay', '0'];

/** @param {number} primaryPort */
function startSentinel(primaryPort) {
  return onFreePort(async (port) => {
    const dataDir = mkdtempSync(join(tmpdir(), 'express-api-keys-sentinel-'));
    const config = join(dataDir, 'sentinel.conf');
    // A sentinel writes what it learns into this file.
    writeFileSync(
      config,
      [
        `port ${port}`,
        'bind 127.0.0.1',
        `dir ${dataDir}`,
        `sentinel monitor ${NAME} 127.0.0.1 ${primaryPort} 2`,
        `sentinel down-after-milliseconds ${NAME} 1000`,
        `sentinel failover-timeout ${NAME} 4000`,
        '',
      ].join('\n'),
    );
    const server = await startServerProcess({
      name: 'redis-sentinel',
      program: findServerProgram('redis-server'),
      args: [config, '--sentinel'],
      dataDir,
      stopSignal: 'SIGTERM',
      isReady: () => answersPing(port, ''),
    });
    return { ...server, port };
  });
}

/**
 * Starts one primary, one replica and three sentinels, who take the primary for dead after one second of silence.
 * @returns {Promise<{
 *   name: string,
 *   sentinels: Array<{ host: string, port: number }>,
 *   nodes: readonly import('./redis-node.cjs').RedisNode[],
 *   primary: () => Promise<import('./redis-node.cjs').RedisNode>,
 *   stop: () => Promise<void>,
 * }>}
 */
async function startRedisSentinel() {
  const first = await startRedisNode(NODE_ARGS);
  const second = await startRedisNode([...NODE_ARGS, '--replicaof', '127.0.0.1', String(first.port)]);
  const nodes = [first, second];
  await waitUntil('the replica follows its primary', async () =>
    (await redisCli(second.port, ['INFO', 'replication'])).includes('master_link_status:up'),
  );
  const sentinels = await Promise.all([1, 2, 3].map(() => startSentinel(first.port)));
  await waitUntil('the sentinels know each other and the replica', async () => {
    const answers = await Promise.all(
      sentinels.map(({ port }) => redisCli(port, ['--json', 'SENTINEL', 'MASTER', NAME])),
    );
    return answers
      .map((answer) => JSON.parse(answer))
      .every((known) => known['num-other-sentinels'] === '2' && known['num-slaves'] === '1');
  });
  return {
    name: NAME,
    sentinels: sentinels.map(({ port }) => ({ host: '127.0.0.1', port })),
    nodes,
    async primary() {
      const asked = sentinels[0]?.port ?? 0;
      const answer = await redisCli(asked, ['--json', 'SENTINEL', 'GET-MASTER-ADDR-BY-NAME', NAME]);
      const port = Number(JSON.parse(answer)[1]);
      const found = nodes.find((node) => node.port === port);
      if (found === undefined) throw new Error(`The sentinels name a stranger: ${answer}`);
      return found;
    },
    async stop() {
      // First those who would make changes.
      await Promise.all(sentinels.map((sentinel) => sentinel.stop()));
      await Promise.all(nodes.map((node) => node.stop()));
    },
  };
}

module.exports = { startRedisSentinel };
