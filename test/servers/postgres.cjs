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
  const runAs = unprivilegedUser();
  const dataDir = ownFolder(runAs);
  const cluster = join(dataDir, 'cluster');
  execFileSync(
    findServerProgram('initdb'),
    ['-D', cluster, '-U', 'postgres', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'],
    { stdio: ['ignore', 'ignore', 'pipe'], cwd: dataDir, ...runAs },
  );
  return await startCluster({ port, args, dataDir, runAs });
}

/** @param {{ uid: number, gid: number } | undefined} runAs @returns {string} */
function ownFolder(runAs) {
  const folder = mkdtempSync(join(tmpdir(), 'express-api-keys-pg-'));
  if (runAs) chownSync(folder, runAs.uid, runAs.gid);
  return folder;
}

/**
 * @param {object} options
 * @param {number} options.port
 * @param {readonly string[]} options.args
 * @param {string} options.dataDir holds the folder `cluster`
 * @param {{ uid: number, gid: number } | undefined} options.runAs
 */
async function startCluster({ port, args, dataDir, runAs }) {
  const program = findServerProgram('postgres');
  const cluster = join(dataDir, 'cluster');
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
 * Stops a server in order, as an operator would, and starts it again on its port and its data.
 * @param {Awaited<ReturnType<typeof startPostgres>>} server
 * @param {number} [downMs] how long it is gone
 * @returns {Promise<Awaited<ReturnType<typeof startPostgres>>>} what `stop()` is for from now on
 */
async function restartPostgres({ port, dataDir }, downMs = 0) {
  const runAs = unprivilegedUser();
  const stopping = ['stop', '-D', join(dataDir, 'cluster'), '-m', 'fast', '-w', '-t', '30'];
  execFileSync(findServerProgram('pg_ctl'), stopping, { stdio: 'ignore', cwd: dataDir, ...runAs });
  await new Promise((resolve) => setTimeout(resolve, downMs));
  return await startCluster({ port, args: [], dataDir, runAs });
}

/**
 * Copies a running server with pg_basebackup and starts the copy as its standby: what is committed there is streamed to
 * it, and it answers reads. Named `standby` for `synchronous_standby_names`.
 * @param {{ port: number }} primary
 * @returns {Promise<Awaited<ReturnType<typeof startPostgres>> & { promote: () => void }>} `promote` makes it a primary of
 * its own and returns when it takes changes
 */
async function startStandby(primary) {
  return await onFreePort(async (port) => {
    const runAs = unprivilegedUser();
    const dataDir = ownFolder(runAs);
    const cluster = join(dataDir, 'cluster');
    const source = `host=127.0.0.1 port=${primary.port} user=postgres application_name=standby`;
    /** @type {import('node:child_process').ExecFileSyncOptions} */
    const quietly = { stdio: ['ignore', 'ignore', 'pipe'], cwd: dataDir, ...runAs };
    const copying = ['-D', cluster, '-d', source, '-R', '-X', 'stream', '-c', 'fast', '--no-sync'];
    execFileSync(findServerProgram('pg_basebackup'), copying, quietly);
    const server = await startCluster({ port, args: [], dataDir, runAs });
    const promote = () => {
      execFileSync(findServerProgram('pg_ctl'), ['promote', '-D', cluster, '-w', '-t', '30'], quietly);
    };
    return { ...server, promote };
  });
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

module.exports = { startPostgres, restartPostgres, startStandby, createDatabase };
