// @ts-check
'use strict';
const { execFileSync } = require('node:child_process');
const { randomBytes } = require('node:crypto');
const { chownSync, mkdtempSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { Client } = require('pg');
const { findServerProgram } = require('./install-servers.cjs');
const { onFreePort, startServerProcess } = require('./server-process.cjs');

/** PostgreSQL refuses to run as root. @returns {{ uid: number, gid: number } | undefined} */
function unprivilegedUser() {
  if (process.getuid?.() !== 0) return undefined;
  /** @param {string} flag */
  const id = (flag) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

/** @param {string} url @returns {Promise<boolean>} */
async function acceptsQueries(url) {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 1000 });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

/**
 * Starts a PostgreSQL of one's own on 127.0.0.1, in a temporary folder.
 * @param {object} [options]
 * @param {readonly string[]} [options.args] more arguments for postgres, as `['-c', 'max_connections=10']`
 * @returns {Promise<import('./server-process.cjs').RunningServer & { url: string, port: number }>}
 */
async function startPostgres({ args = [] } = {}) {
  return await onFreePort((port) => startPostgresOn(port, args));
}

/**
 * @param {number} port
 * @param {readonly string[]} args
 */
async function startPostgresOn(port, args) {
  const initdb = findServerProgram('initdb');
  const program = findServerProgram('postgres');
  const runAs = unprivilegedUser();
  const dataDir = mkdtempSync(join(tmpdir(), 'express-api-keys-pg-'));
  if (runAs) chownSync(dataDir, runAs.uid, runAs.gid);
  const cluster = join(dataDir, 'cluster');
  execFileSync(
    initdb,
    ['-D', cluster, '-U', 'postgres', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'],
    { stdio: ['ignore', 'ignore', 'pipe'], cwd: dataDir, ...runAs },
  );
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const server = await startServerProcess({
    name: 'postgres',
    program,
    args: [
      ...['-D', cluster, '-p', String(port), '-k', dataDir, '-c', 'listen_addresses=127.0.0.1'],
      // The data lives as long as the run; what is given up here is only safety in a power cut.
      ...['-c', 'fsync=off', '-c', 'full_page_writes=off', '-c', 'max_connections=200'],
      ...args,
    ],
    dataDir,
    // A fast shutdown: open connections are cut, not waited for.
    stopSignal: 'SIGINT',
    isReady: () => acceptsQueries(url),
    runAs,
  });
  return { ...server, port, url };
}

/**
 * Makes an empty database on a running server, so that test files do not see each other.
 * @param {string} url of any database on that server
 * @returns {Promise<{ url: string, drop: () => Promise<void> }>}
 */
async function createDatabase(url) {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await runStatement(url, `create database ${name}`);
  const fresh = new URL(url);
  fresh.pathname = `/${name}`;
  return {
    url: fresh.toString(),
    drop: () => runStatement(url, `drop database if exists ${name} with (force)`),
  };
}

/** @param {string} url @param {string} statement @returns {Promise<void>} */
async function runStatement(url, statement) {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

module.exports = { startPostgres, createDatabase };
