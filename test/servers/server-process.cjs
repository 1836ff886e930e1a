// @ts-check
'use strict';
const { spawn } = require('node:child_process');
const { rmSync } = require('node:fs');
const { createServer } = require('node:net');

/**
 * @typedef {object} RunningServer
 * @property {number} pid
 * @property {() => Promise<void>} stop clean shutdown; its data folder is removed
 * @property {() => Promise<void>} kill as by `kill -9`; its data folder stays until `stop()` or the end of this process
 * @property {() => void} pause the process stands still and its connections stay open (SIGSTOP)
 * @property {() => void} resume
 */

/** @type {Set<() => void>} */
const running = new Set();
let watchesExit = false;

// A test run that fails, or that is interrupted, must not leave servers behind.
function stopAllAtExit() {
  if (watchesExit) return;
  watchesExit = true;
  process.on('exit', () => {
    for (const end of running) end();
  });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.once(signal, () => {
      for (const end of running) end();
      // Others may want to end in their own way; alone, this listener would have swallowed the signal.
      if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
    });
  }
}

/** @returns {Promise<number>} a port of 127.0.0.1 that nobody uses */
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
 * Starts a program and waits until `isReady` says so.
 * @param {object} options
 * @param {string} options.name
 * @param {string} options.program
 * @param {string[]} options.args
 * @param {string} options.dataDir removed at the end
 * @param {NodeJS.Signals} options.stopSignal
 * @param {() => Promise<boolean>} options.isReady
 * @param {{ uid: number, gid: number } | undefined} [options.runAs]
 * @returns {Promise<RunningServer>}
 */
async function startServerProcess({ name, program, args, dataDir, stopSignal, isReady, runAs }) {
  stopAllAtExit();
  // Its own process group: Ctrl-C in the terminal reaches us, and we end the server in order.
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    cwd: dataDir,
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
  const endNow = () => {
    // PostgreSQL's children notice a dead parent by themselves; the group covers the moment before.
    if (!hasEnded() && child.pid) {
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {
        send('SIGKILL');
      }
    }
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  };
  running.add(endNow);

  const deadline = Date.now() + 30_000;
  while (!(await isReady())) {
    if (hasEnded() || Date.now() > deadline) {
      endNow();
      running.delete(endNow);
      throw new Error(`${name} did not start (${program} ${args.join(' ')}). Its last words:\n${output}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  // Neither the process nor its pipes may keep a finished test run alive.
  child.unref();
  for (const pipe of [child.stdout, child.stderr]) /** @type {import('node:net').Socket} */ (pipe).unref();

  return {
    pid: /** @type {number} */ (child.pid),
    async stop() {
      child.ref();
      send('SIGCONT');
      send(stopSignal);
      const patience = setTimeout(() => send('SIGKILL'), 10_000);
      await ended;
      clearTimeout(patience);
      endNow();
      running.delete(endNow);
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

module.exports = { freePort, startServerProcess };
