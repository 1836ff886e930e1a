// @ts-check
'use strict';
const { mkdtempSync } = require('node:fs');
const { connect } = require('node:net');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { findServerProgram } = require('./install-servers.cjs');
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
 * Starts a redis-server of one's own on 127.0.0.1, without persistence.
 * @param {object} [options]
 * @param {readonly string[]} [options.args] more arguments for redis-server, as `['--maxmemory', '1mb']`
 * @param {number} [options.port] absent: a free one; set it to come back on the port of a killed server
 * @param {string} [options.password]
 * @returns {Promise<import('./server-process.cjs').RunningServer & { url: string, port: number }>}
 */
async function startRedis({ args = [], port, password = '' } = {}) {
  const start = (/** @type {number} */ ownPort) => startRedisOn(ownPort, password, args);
  return port === undefined ? await onFreePort(start) : await start(port);
}

/**
 * @param {number} port
 * @param {string} password
 * @param {readonly string[]} args
 */
async function startRedisOn(port, password, args) {
  const program = findServerProgram('redis-server');
  const dataDir = mkdtempSync(join(tmpdir(), 'express-api-keys-redis-'));
  const server = await startServerProcess({
    name: 'redis-server',
    program,
    args: [
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', dataDir],
      ...['--save', '', '--appendonly', 'no', '--daemonize', 'no'],
      ...(password ? ['--requirepass', password] : []),
      ...args,
    ],
    dataDir,
    stopSignal: 'SIGTERM',
    isReady: () => answersPing(port, password),
  });
  return { ...server, port, url: `redis://${password ? `:${password}@` : ''}127.0.0.1:${port}` };
}

module.exports = { startRedis };
