// @ts-check
// How long a revocation takes when several processes hold the key, and whether any of them still accepts it afterwards.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import { fileURLToPath } from 'node:url';
import { idOf, seedPostgres } from './seed-keys.mjs';
import statistics from './statistics.cjs';

const { median, percentile } = statistics;
/** Requests to every process after the answer. */
const afterwards = 5;
/** Between two requests of one user, in milliseconds: what is measured is no process that is busy with them. */
const betweenRequests = 1;

/**
 * @typedef {object} Spread
 * @property {number} p50Ms
 * @property {number} p99Ms
 * @property {number} maxMs
 */
/**
 * @typedef {object} RevocationResult
 * @property {number} processes
 * @property {number} rounds
 * @property {Spread} answered from sending the revocation to its answer
 * @property {Spread} refusedEverywhere from sending the revocation until every process refuses requests that are sent
 * @property {number} unconfirmed answers 202 in place of 200
 * @property {number} acceptedAfterwards requests that were sent after the answer 200 and accepted; must be 0
 * @property {number} sentAfterwards
 */

/** @param {number} milliseconds */
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const agent = new Agent({ keepAlive: true, maxSockets: Infinity });

/** @param {string} method @param {string} url @param {string} key @returns {Promise<number>} the status */
function send(method, url, key) {
  return new Promise((resolve, reject) => {
    const headers = method === 'POST' ? { 'Content-Length': '0' } : { 'X-Api-Key': key };
    const request = httpRequest(url, { method, agent, headers }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0));
    });
    request.once('error', reject).end();
  });
}

/** @param {string} databaseUrl */
async function startProcess(databaseUrl) {
  const child = fork(fileURLToPath(new URL('./fleet-process.mjs', import.meta.url)), {
    env: { PATH: process.env.PATH, NODE_ENV: 'production', DATABASE_URL: databaseUrl },
  });
  const exited = once(child, 'exit');
  const early = exited.then(([code]) => {
    throw new Error(`a process of the fleet ended with ${code}`);
  });
  early.catch(() => {});
  const [{ port }] = await Promise.race([once(child, 'message'), early]);
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

/** @param {readonly number[]} values @returns {Spread} */
const spread = (values) => ({
  p50Ms: median(values),
  p99Ms: percentile(values, 0.99),
  maxMs: Math.max(...values),
});

/**
 * @param {object} options
 * @param {string} options.databaseUrl an empty database
 * @param {number} options.processes
 * @param {number} options.rounds
 * @returns {Promise<RevocationResult>}
 */
export async function measureRevocation({ databaseUrl, processes, rounds }) {
  const keys = await seedPostgres(databaseUrl, rounds);
  const fleet = await Promise.all(Array.from({ length: processes }, () => startProcess(databaseUrl)));
  const answered = [];
  const refusedEverywhere = [];
  let unconfirmed = 0;
  let acceptedAfterwards = 0;
  let sentAfterwards = 0;
  try {
    for (const [round, key] of keys.entries()) {
      await Promise.all(
        fleet.map(async ({ url }) => expectStatus(200, await send('GET', `${url}/guarded`, key))),
      );
      const start = performance.now();
      let answeredAt = Infinity;
      // Everybody goes on using the key, and does so for a little while after the answer.
      const users = fleet.map(async ({ url }) => {
        let lastAccepted = start;
        for (let left = afterwards; left > 0;) {
          const sentAt = performance.now();
          const status = await send('GET', `${url}/guarded`, key);
          if (status === 200) lastAccepted = Math.max(lastAccepted, sentAt);
          else expectStatus(401, status);
          if (sentAt > answeredAt) {
            left -= 1;
            sentAfterwards += 1;
            if (status === 200) acceptedAfterwards += 1;
          }
          await pause(betweenRequests);
        }
        return lastAccepted - start;
      });
      // A failure is seen where they are awaited, unless the revocation has failed before.
      for (const user of users) user.catch(() => {});
      const status = await send(
        'POST',
        `${fleet[round % processes]?.url}/api-keys/keys/${idOf(key)}/revoke`,
        '',
      );
      const answerTook = performance.now() - start;
      if (status === 202) unconfirmed += 1;
      else expectStatus(200, status);
      if (status === 200) answeredAt = start + answerTook;
      else setTimeout(() => (answeredAt = performance.now()), 6000);
      answered.push(answerTook);
      refusedEverywhere.push(Math.max(...(await Promise.all(users))));
    }
  } finally {
    await Promise.all(fleet.map((each) => each.stop()));
    agent.destroy();
  }
  return {
    processes,
    rounds,
    answered: spread(answered),
    refusedEverywhere: spread(refusedEverywhere),
    unconfirmed,
    acceptedAfterwards,
    sentAfterwards,
  };
}

/** @param {number} expected @param {number} status */
function expectStatus(expected, status) {
  if (status !== expected) throw new Error(`expected status ${expected} and got ${status}`);
}
