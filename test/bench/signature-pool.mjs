// @ts-check
// A signature is good for one request, so that there has to be a new one for each. They are made before a window begins
// and by the process that sends the load: what it costs to sign is no part of what is measured.
import { createPrivateKey } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { signRequest } from 'express-api-keys';
import { origin } from './make-signers.mjs';
import { touchKeys } from './touch-keys.mjs';

/** More than will be needed: what is sent twice is refused, and makes a window void. */
const reserve = 1.5;
const least = 2000;

/** Redis answers for signatures from a moment after it was first asked. */
const tries = 20;
const timeoutMs = 500;

/** @typedef {{ url: string, keyFile: string, expect: number, signersFile: string }} SignedTarget */

/** @param {string} file @returns {import('./make-signers.mjs').Signer[]} */
const readSigners = (file) =>
  JSON.parse(readFileSync(file, 'utf8')).map((/** @type {import('./make-signers.mjs').Signer} */ signer) =>
    // A string would be parsed again for each request.
    'privateKey' in signer
      ? { ...signer, privateKey: createPrivateKey(/** @type {string} */ (signer.privateKey)) }
      : signer,
  );

/** One line with the header fields of a signed request. @param {string} url @param {import('./make-signers.mjs').Signer} signer */
function signedLine(url, signer) {
  const { pathname } = new URL(url);
  const headers = signRequest({ method: 'GET', url: `${origin}${pathname}` }, signer);
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\t');
}

/**
 * Signs the requests of one window, and uses each key once, so that all are cached when it begins.
 *
 * @param {SignedTarget} target
 * @param {number} requests how many will be sent at the most
 */
export async function signRequests(target, requests) {
  const signers = readSigners(target.signersFile);
  const count = Math.max(least, Math.ceil(requests * reserve));
  /** @param {number} length */
  const lines = (length) =>
    Array.from({ length }, (_, index) =>
      signedLine(target.url, /** @type {(typeof signers)[number]} */ (signers[index % signers.length])),
    );
  const write = (/** @type {string[]} */ signed) => writeFileSync(target.keyFile, `${signed.join('\n')}\n`);
  for (let left = tries; left > 0; left -= 1) {
    write(lines(signers.length));
    if ((await touchKeys(target)) === 0) break;
    await pause(timeoutMs);
  }
  write(lines(count));
}
