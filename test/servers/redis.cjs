// @ts-check
'use strict';
const { mkdtempSync } = require('node:fs');
const { connect } = require('node:net');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { findServerProgram } = require('./install-servers.cjs');
const { appUser, appUserArguments } = require('./redis-app-user.cjs');
const { redisCli } = require('./redis-cli.cjs');
const { onFreePort, startServerProcess } = require('./server-process.cjs');

/** @param {number} port @param {string} password @returns {Promise<boolean>} */
function answersPing(port, password) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    /** @param {boolean} answer */
    const finish = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1000, () => finish(false));
    socket.once('error', () => finish(false));
    socket.once('connect', () => socket.write(password ? `AUTH ${password}\r\nPING\r\n` : 'PING\r\n'));
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString();
      if (answer.includes('+PONG')) finish(true);
      else if (answer.includes('-')) finish(false);
    });
  });
}

/**
 * What the app's user was refused since the server started, or since `ACL LOG RESET`.
 * @param {number} port
 * @param {string} password of the default user
 * @returns {Promise<string[]>}
 */
async function readDenials(port, password) {
  const log = /** @type {Array<Record<string, unknown>>} */ (
    JSON.parse(await redisCli(port, ['--json', 'ACL', 'LOG'], { password, timeoutMs: 2000 }))
  );
  return log
    .filter(({ username }) => username === appUser.username)
    .map(({ reason, context, object }) => `${String(reason)} ${String(object)} (${String(context)})`);
}

/**
 * @typedef {object} RedisAddress
 * @property {string} url of the default user, who may do everything: for tests
 * @property {string} aclUrl of the user of `docs/production/redis.md`, who may do what an app needs: for what is tested
 * @property {number} port
 * @property {() => Promise<string[]>} denials what the app's user was refused
 */

/**
 * Starts a redis-server of one's own on 127.0.0.1, without persistence. `stop()` rejects when the app's user was refused
 * anything; a test that wants that says `ACL LOG RESET` afterwards.
 * @param {object} [options]
 * @param {readonly string[]} [options.args] more arguments for redis-server, as `['--maxmemory', '1mb']`
 * @param {number} [options.port] absent: a free one; set it to come back on the port of a killed server
 * @param {string} [options.password] of the default user
 * @param {string} [options.dataDir] absent: a new one; set it to come back with the files of a killed server
 * @returns {Promise<import('./server-process.cjs').RunningServer & RedisAddress>}
 */
async function startRedis({ port, ...options } = {}) {
  const start = (/** @type {number} */ ownPort) => startRedisOn(ownPort, options);
  return port === undefined ? await onFreePort(start) : await start(port);
}

/**
 * @param {number} port
 * @param {{ password?: string, args?: readonly string[], dataDir?: string }} options
 */
async function startRedisOn(
  port,
  { password = '', args = [], dataDir = mkdtempSync(join(tmpdir(), 'express-api-keys-redis-')) },
) {
  const program = findServerProgram('redis-server');
  const server = await startServerProcess({
    name: 'redis-server',
    program,
    args: [
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', dataDir],
      ...['--save', '', '--appendonly', 'no', '--daemonize', 'no'],
      ...(password ? ['--requirepass', password] : []),
      ...appUserArguments(program, args.includes('--cluster-enabled')),
      ...args,
    ],
    dataDir,
    stopSignal: 'SIGTERM',
    isReady: () => answersPing(port, password),
  });
  const denials = () => readDenials(port, password);
  return {
    ...server,
    port,
    url: `redis://${password ? `:${password}@` : ''}127.0.0.1:${port}`,
    aclUrl: `redis://${appUser.username}:${appUser.password}@127.0.0.1:${port}`,
    denials,
    async stop() {
      server.resume();
      // One that was killed cannot be asked.
      const denied = await denials().catch(() => []);
      await server.stop();
      if (denied.length > 0) throw new Error(`Redis refused the app's user: ${denied.join(', ')}`);
    },
  };
}

module.exports = { answersPing, startRedis };
