// @ts-check
'use strict';
const { execFileSync } = require('node:child_process');
const { readFileSync } = require('node:fs');
const { join } = require('node:path');

const DOCUMENT = join(__dirname, '..', '..', 'docs', 'redis.md');
const NAME = 'api-keys';
const PASSWORD = 'replace-this-password';

/**
 * What the document says behind `ACL SETUSER api-keys`, block by block: the user itself, then what newer servers need.
 * @returns {string[][]}
 */
function shownRules() {
  const blocks = readFileSync(DOCUMENT, 'utf8')
    .split('```')
    .filter((_, index) => index % 2 === 1);
  const rules = blocks.flatMap((block) => {
    const [, words] = new RegExp(`^text\\nACL SETUSER ${NAME} ([^]+)$`).exec(block) ?? [];
    return words === undefined ? [] : [words.trim().split(/\s+/)];
  });
  if (rules.length !== 2 || !rules[0]?.includes(`>${PASSWORD}`)) {
    throw new Error(
      `${DOCUMENT} does not show the access list as test/servers/redis-app-user.cjs expects it`,
    );
  }
  return rules;
}

/** @param {string} program path of redis-server @returns {boolean} whether it has CLIENT SETINFO */
function hasClientInfo(program) {
  const version = /v=(\d+)\.(\d+)/.exec(execFileSync(program, ['--version'], { encoding: 'utf8' }));
  const [major = 0, minor = 0] = version?.slice(1).map(Number) ?? [];
  return major > 7 || (major === 7 && minor >= 2);
}

/** @type {Map<string, string[]>} */
const argumentsByProgram = new Map();

/**
 * Arguments for redis-server that make the user of `docs/redis.md`, so that what the document shows is what tests run on.
 * @param {string} program path of redis-server
 * @returns {string[]}
 */
function appUserArguments(program) {
  const known = argumentsByProgram.get(program);
  if (known !== undefined) return known;
  const [user = [], newer = []] = shownRules();
  const made = ['--user', NAME, ...user, ...(hasClientInfo(program) ? newer : [])];
  argumentsByProgram.set(program, made);
  return made;
}

/** @type {{ readonly username: string, readonly password: string }} */
const appUser = { username: NAME, password: PASSWORD };

module.exports = { appUser, appUserArguments };
