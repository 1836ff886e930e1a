// @ts-check
'use strict';
const { spawn } = require('node:child_process');
const { rmSync } = require('node:fs');
const { createServer } = require('node:net');

/**
 * @typedef {object} RunningServer
 * @property {number} pid
 * @property {string} dataDir
 * @property {() => Promise<void>} stop clean shutdown; its data folder is removed
 * @property {() => Promise<void>} kill as by `kill -9`; its data folder stays until `stop()` or the end of this process
 * @property {() => void} pause the process stands still and its connections stay open (SIGSTOP)
 * @property {() => void} resume
 */

/**
 * Ends the server and removes its folder when this process is gone, however it went: by Ctrl-C, by `kill -9`, or as a
 * jest worker, where listeners for the end of the process do not run. The pipe closes with us, and `read` fails.
 * @param {number} pid
 * @param {string} dataDir
 * @returns {{ release: () => void }}
 */
function endWithThisProcess(pid, dataDir) {
  const script = 'read -r done && exit 0; kill -KILL "-$1"; sleep 0.2; rm -rf "$2"';
  const guard = spawn('/bin/sh', ['-c', script, 'guard', String(pid), dataDir], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  guard.on('error', () => {});
  guard.unref();
  const pipe = /** @type {import('node:net').Socket} */ (guard.stdin);
  pipe.on('error', () => {});
  pipe.unref();
  return { release: () => void pipe.end('done\n') };
}

/** @returns {Promise<number>} a port of 127.0.0.1 that is free */
function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

/**
 * Somebody else may take a port between the moment we look and the moment the server binds it: then look again.
 * @template T
 * @param {(port: number) => Promise<T>} start
 * @returns {Promise<T>}
 */
async function onFreePort(start) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start(await freePort());
    } catch (error) {
      if (attempt === 3 || !/address already in use|could not bind/i.test(String(error))) throw error;
    }
  }
}

/**
 * Starts a program and waits until `isReady` says so.
 * @param {object} options
 * @param {string} options.name
 * @param {string} options.program
 * @param {string[]} options.args
 * @param {string} options.dataDir removed at the end
 * @param {NodeJS.Signals} options.stopSignal
 * @param {() => Promise<boolean>} options.isReady
 * @param {{ uid: number, gid: number } | undefined} [options.runAs]
 * @param {Readonly<Record<string, string>>} [options.env] what is added to the environment of this process
 * @returns {Promise<RunningServer>}
 */
async function startServerProcess({ name, program, args, dataDir, stopSignal, isReady, runAs, env = {} }) {
  // Its own process group: Ctrl-C in the terminal reaches us, and we end the server in order.
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    cwd: dataDir,
    env: { ...process.env, ...env },
    ...runAs,
  });
  let output = '';
  /** @param {Buffer} chunk */
  const remember = (chunk) => {
    output = (output + chunk.toString()).slice(-8000);
  };
  child.stdout.on('data', remember);
  child.stderr.on('data', remember);

  /** @type {Promise<void>} */
  const ended = new Promise((resolve) => {
    child.once('error', (error) => {
      output += String(error);
      resolve();
    });
    child.once('exit', () => resolve());
  });
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null || child.pid === undefined;

  /** @param {NodeJS.Signals} signal */
  const send = (signal) => {
    if (!hasEnded()) child.kill(signal);
  };
  const guard = child.pid === undefined ? undefined : endWithThisProcess(child.pid, dataDir);
  const cleanUp = async () => {
    send('SIGKILL');
    await ended;
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    guard?.release();
  };

  const deadline = Date.now() + 30_000;
  // Asked first, so that the answer of somebody else on this port is not taken for ours.
  while (hasEnded() || !(await isReady())) {
    if (hasEnded() || Date.now() > deadline) {
      await cleanUp();
      throw new Error(`${name} did not start (${program} ${args.join(' ')}). Its last words:\n${output}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  // Neither the process nor its pipes may keep a finished test run alive.
  child.unref();
  for (const pipe of [child.stdout, child.stderr]) /** @type {import('node:net').Socket} */ (pipe).unref();

  return {
    pid: /** @type {number} */ (child.pid),
    dataDir,
    async stop() {
      child.ref();
      send('SIGCONT');
      send(stopSignal);
      const patience = setTimeout(() => send('SIGKILL'), 10_000);
      await ended;
      clearTimeout(patience);
      await cleanUp();
    },
    async kill() {
      child.ref();
      send('SIGKILL');
      await ended;
    },
    pause: () => send('SIGSTOP'),
    resume: () => send('SIGCONT'),
  };
}

module.exports = { freePort, onFreePort, startServerProcess };
