// @ts-check
// wrk disturbs least: it is one thread of C that answers for the same load with a quarter of the processor time of
// autocannon, so that the measured process and not the load is what is slow. Where it cannot be had, autocannon takes
// its place, for all variants of the run.
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
// @ts-expect-error it comes without types
import autocannon from 'autocannon';
import { credentialHeader } from './credential-header.mjs';
import { commandOn } from './processors.mjs';

const run = promisify(execFile);
const script = fileURLToPath(new URL('./wrk-requests.lua', import.meta.url));

/**
 * @typedef {object} Load
 * @property {string} url
 * @property {string} keyFile one key a line, all of the same length
 * @property {'in-turn' | 'random'} order
 * @property {number} connections
 * @property {number} seconds whole ones
 * @property {number} expect the status that every answer must have
 */
/**
 * @typedef {object} Answers
 * @property {number} requests
 * @property {number} seconds
 * @property {number} p50Micros
 * @property {number} p99Micros
 * @property {number} wrongAnswers answers with another status
 * @property {number} failures requests without an answer
 */
/** @typedef {{ name: string, send: (load: Load) => Promise<Answers> }} LoadGenerator */

/** @param {string} name */
const isInstalled = (name) =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, name)));

function installWrk() {
  if (process.getuid?.() !== 0 || !isInstalled('apt-get')) return;
  console.log('Installing wrk from Debian ...');
  const install = 'apt-get install -y --no-install-recommends wrk';
  spawnSync('sh', ['-c', `${install} || { apt-get update && ${install}; }`], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: 'ignore',
  });
}

/** @returns {LoadGenerator} */
export function chooseLoadGenerator() {
  if (!isInstalled('wrk')) installWrk();
  return isInstalled('wrk') ? withWrk() : withAutocannon();
}

/** @returns {LoadGenerator} */
function withWrk() {
  const version = /wrk \S*?(\d+\.\d+\.\d+)/.exec(
    spawnSync('wrk', ['--version'], { encoding: 'utf8' }).stdout,
  );
  return {
    name: `wrk ${version?.[1] ?? ''}`.trim(),
    async send({ url, keyFile, order, connections, seconds, expect }) {
      const seed = String(Math.floor(Math.random() * 2 ** 31));
      const command = commandOn('load', [
        ...['wrk', '-t', '1', '-c', String(connections), '-d', `${seconds}s`, '--timeout', '10s'],
        ...['-s', script, url, '--', keyFile, order, String(expect), seed],
      ]);
      const { stdout } = await run(command.program, command.args);
      return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
    },
  };
}

/** @returns {LoadGenerator} */
function withAutocannon() {
  const keysAtOnce = 2000;
  return {
    name: `autocannon ${JSON.parse(readFileSync(new URL('../../node_modules/autocannon/package.json', import.meta.url), 'utf8')).version}`,
    async send({ url, keyFile, connections, seconds, expect }) {
      const all = readFileSync(keyFile, 'utf8').trimEnd().split('\n');
      const start = Math.floor(Math.random() * all.length);
      const keys = [...all.slice(start), ...all.slice(0, start)];
      const { origin, pathname } = new URL(url);
      /** @param {readonly string[]} some */
      const requestsWith = (some) => some.map((key) => ({ path: pathname, headers: credentialHeader(key) }));
      const isSigned = keys[0]?.includes(': ');
      const share = Math.floor(keys.length / connections);
      const result = await autocannon({
        url: origin,
        connections,
        duration: seconds,
        requests: requestsWith(keys.slice(0, isSigned ? 1 : keysAtOnce)),
        // What is signed can be sent once, and each connection begins with the first request that it has.
        setupClient(/** @type {{ setRequests(requests: object[]): void }} */ client) {
          if (isSigned) client.setRequests(requestsWith(keys.splice(0, share)));
        },
      });
      const right = result.statusCodeStats?.[expect]?.count ?? 0;
      return {
        requests: result.requests.total,
        seconds: result.duration,
        p50Micros: result.latency.p50 * 1000,
        p99Micros: result.latency.p99 * 1000,
        wrongAnswers: result.requests.total - right,
        failures: result.errors,
      };
    },
  };
}
