// @ts-check
'use strict';
const { execFileSync } = require('node:child_process');
const { readFileSync } = require('node:fs');
const { join } = require('node:path');

const DOCUMENT = join(__dirname, '..', '..', 'docs', 'production', 'redis.md');
const NAME = 'api-keys';
const PASSWORD = 'replace-this-password';

/**
 * What the document says behind `ACL SETUSER api-keys`: the user itself, what a Cluster needs besides, and what newer
 * servers need besides.
 */
function shownRules() {
  const blocks = readFileSync(DOCUMENT, 'utf8')
    .split('```')
    .filter((_, index) => index % 2 === 1);
  const rules = blocks.flatMap((block) => {
    const [, words] = new RegExp(`^text\\nACL SETUSER ${NAME} ([^]+)$`).exec(block) ?? [];
    return words === undefined ? [] : [words.trim().split(/\s+/)];
  });
  /** @param {string} word that tells which of them it is */
  const withWord = (word) => {
    const found = rules.filter((rule) => rule.includes(word));
    if (found.length === 1) return found[0] ?? [];
    throw new Error(`${DOCUMENT} must show "ACL SETUSER ${NAME} …" once with ${word}`);
  };
  return {
    base: withWord(`>${PASSWORD}`),
    forCluster: withWord('+asking'),
    forNewer: withWord('+client|setinfo'),
  };
}

/** @param {string} program path of redis-server @returns {boolean} whether it has CLIENT SETINFO */
function hasClientInfo(program) {
  const version = /v=(\d+)\.(\d+)/.exec(execFileSync(program, ['--version'], { encoding: 'utf8' }));
  const [major = 0, minor = 0] = version?.slice(1).map(Number) ?? [];
  return major > 7 || (major === 7 && minor >= 2);
}

/**
 * Arguments for redis-server that make the user of `docs/production/redis.md`, so that what the document shows is what tests run on.
 * @param {string} program path of redis-server
 * @param {boolean} isInCluster
 * @returns {string[]}
 */
function appUserArguments(program, isInCluster) {
  const { base, forCluster, forNewer } = shownRules();
  return [
    ...['--user', NAME, ...base],
    ...(isInCluster ? forCluster : []),
    ...(hasClientInfo(program) ? forNewer : []),
  ];
}

/** @type {{ readonly username: string, readonly password: string }} */
const appUser = { username: NAME, password: PASSWORD };

module.exports = { appUser, appUserArguments };
