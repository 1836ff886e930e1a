// @ts-check
import { readFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { credentialHeader } from './credential-header.mjs';

const connections = 16;

/**
 * Uses every key of a route once. A route is visited so rarely that what is held of its keys would be old each time, and
 * a part of every window would show how keys are read again.
 *
 * @param {{ url: string, keyFile: string, expect: number }} target
 * @returns {Promise<number>} how many were answered with another status
 */
export async function touchKeys({ url, keyFile, expect }) {
  const keys = readFileSync(keyFile, 'utf8').trimEnd().split('\n');
  let wrongAnswers = 0;
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  /** @param {string | undefined} key @returns {Promise<void>} */
  const touch = (key) =>
    key === undefined
      ? Promise.resolve()
      : new Promise((resolve, reject) => {
          get(url, { agent, headers: credentialHeader(key) }, (response) => {
            if (response.statusCode !== expect) wrongAnswers += 1;
            response.resume().once('end', resolve);
          }).once('error', reject);
        }).then(() => touch(keys.pop()));
  await Promise.all(Array.from({ length: connections }, () => touch(keys.pop())));
  agent.destroy();
  return wrongAnswers;
}
