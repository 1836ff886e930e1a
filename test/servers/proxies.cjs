// @ts-check
'use strict';
const { mkdirSync, mkdtempSync, writeFileSync } = require('node:fs');
const { connect } = require('node:net');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { findServerProgram } = require('./install-servers.cjs');
const { onFreePort, startServerProcess } = require('./server-process.cjs');

/** @typedef {import('./server-process.cjs').RunningServer & { port: number }} RunningProxy */

/**
 * How each proxy is started with a file of settings.
 * @type {Readonly<Record<'nginx' | 'haproxy' | 'caddy', { file: string, args: (path: string, dataDir: string) => string[], stopSignal: NodeJS.Signals }>>}
 */
const programs = {
  nginx: {
    file: 'nginx.conf',
    args: (path, dataDir) => ['-p', dataDir, '-c', path, '-e', 'stderr'],
    stopSignal: 'SIGTERM',
  },
  haproxy: { file: 'haproxy.cfg', args: (path) => ['-db', '-f', path], stopSignal: 'SIGTERM' },
  caddy: {
    file: 'Caddyfile',
    args: (path) => ['run', '--adapter', 'caddyfile', '--config', path],
    stopSignal: 'SIGTERM',
  },
};

/** @param {number} port @returns {Promise<boolean>} */
function accepts(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('close', () => socket.destroy()).setTimeout(1000, () => socket.destroy());
    socket.on('connect', () => socket.end());
  });
}

/**
 * Starts a proxy of Debian on a free port of 127.0.0.1.
 * @param {'nginx' | 'haproxy' | 'caddy'} name
 * @param {(port: number, dataDir: string) => string} writeSettings the text of its file of settings
 * @param {Readonly<Record<string, string>>} [files] others that it reads, by name
 * @returns {Promise<RunningProxy>}
 */
function startProxy(name, writeSettings, files = {}) {
  const program = findServerProgram(name);
  const { file, args, stopSignal } = programs[name];
  return onFreePort(async (port) => {
    const dataDir = mkdtempSync(join(tmpdir(), `express-api-keys-${name}-`));
    mkdirSync(join(dataDir, 'logs'));
    for (const [other, text] of Object.entries(files)) writeFileSync(join(dataDir, other), text);
    const path = join(dataDir, file);
    writeFileSync(path, writeSettings(port, dataDir));
    const server = await startServerProcess({
      name,
      program,
      args: args(path, dataDir),
      dataDir,
      stopSignal,
      // Caddy would keep its settings and certificates in the home folder.
      env: { XDG_CONFIG_HOME: dataDir, XDG_DATA_HOME: dataDir },
      isReady: () => accepts(port),
    });
    return { ...server, port };
  });
}

module.exports = { startProxy };
