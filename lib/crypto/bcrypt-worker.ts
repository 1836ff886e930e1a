import { Worker } from 'node:worker_threads';
import type { BcryptResult, BcryptRunner } from './bcrypt-task.js';
import { locateBcryptjs } from './locate-bcryptjs.js';

/**
 * The source of the worker thread. It is a string and not a file, because a file would have to be located in the ESM build,
 * in the CommonJS build, in TypeScript sources under jest, and in an app that was bundled into one file.
 */
const source = `'use strict';
const { parentPort, workerData } = require('node:worker_threads');
if (workerData.plugAndPlay !== null) require(workerData.plugAndPlay).setup();
const { compareSync, hashSync } = require(workerData.path);
parentPort.on('message', ({ input, cost, hash }) => {
  parentPort.postMessage(hash === undefined ? hashSync(input, cost) : compareSync(input, hash));
});
parentPort.postMessage('started');
`;

/**
 * Starts a worker thread that runs one task at a time. It keeps the process alive only while a task is running.
 *
 * @throws when no worker can be started at all
 */
export function startBcryptWorker(): BcryptRunner {
  const location = locateBcryptjs();
  if (location === null) throw new Error('bcryptjs was not found beside the running code');
  // Nothing of the process is passed on: neither its environment, which may contain secrets, nor flags such as --import.
  const worker = new Worker(source, { eval: true, workerData: location, env: {}, execArgv: [] });
  worker.unref();

  let hasStarted = false;
  let pending: { resolve: (answer: BcryptResult) => void; reject: (reason: unknown) => void } | undefined;
  let failure: unknown = new Error('The worker thread has exited');

  worker.on('message', (message: BcryptResult) => {
    // The first message announces the start, before any task can be sent.
    if (!hasStarted) {
      hasStarted = true;
      return;
    }
    worker.unref();
    pending?.resolve(message);
    pending = undefined;
  });
  worker.on('error', (error) => {
    failure = error;
  });
  const ended = new Promise<void>((resolve) => {
    worker.once('exit', () => {
      pending?.reject(failure);
      pending = undefined;
      resolve();
    });
  });

  return {
    run: (question) =>
      new Promise((resolve, reject) => {
        pending = { resolve, reject };
        worker.ref();
        worker.postMessage(question);
      }),
    hasStarted: () => hasStarted,
    exited: ended,
    stop: async () => {
      await worker.terminate();
    },
  };
}
