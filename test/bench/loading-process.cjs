// @ts-check
'use strict';
/**
 * One start of an app in a process of its own: what each step loads and takes. Prints one line of JSON, a list of steps.
 *
 *     node test/bench/loading-process.cjs DATABASE-FILE [admin]
 *
 * @typedef {object} LoadingStep
 * @property {'express' | 'package' | 'ready'} step
 * @property {number} modules files of JavaScript that the step has loaded
 * @property {number} cpuMs processor time of the process, all its threads
 * @property {number} memoryMiB how much larger the process has become
 */
const [file = '', admin] = process.argv.slice(2);

/** @type {LoadingStep[]} */
const steps = [];

/** @param {LoadingStep['step']} step @param {() => unknown} work */
async function measure(step, work) {
  const before = { modules: countModules(), cpu: process.cpuUsage(), memory: process.memoryUsage.rss() };
  await work();
  const { user, system } = process.cpuUsage(before.cpu);
  steps.push({
    step,
    modules: countModules() - before.modules,
    cpuMs: (user + system) / 1000,
    memoryMiB: (process.memoryUsage.rss() - before.memory) / 2 ** 20,
  });
}

const countModules = () => Object.keys(require.cache).length;

async function main() {
  await measure('express', () => require('express'));
  await measure('package', () => require('express-api-keys'));
  /** @type {typeof import('express-api-keys')} */
  const { createApiKeys } = require('express-api-keys');
  /** @type {{ close(): Promise<void> } | undefined} */
  let started;
  await measure('ready', async () => {
    const apiKeys = createApiKeys({
      prefix: 'acme',
      scopes: { 'orders:read': 'Read orders' },
      pepper: 'a pepper of an app that counts what it loads',
      database: `file:${file}`,
      logger: { warn: () => undefined, error: console.error },
    });
    apiKeys.requireApiKey('orders:read');
    if (admin === 'admin') apiKeys.adminRouter({ authorize: () => ({ kind: 'admin', id: 'ops' }) });
    await apiKeys.ready();
    started = apiKeys;
  });
  console.log(JSON.stringify(steps));
  await started?.close();
}

void main();
