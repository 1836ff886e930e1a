// @ts-check
'use strict';
const { execFile } = require('node:child_process');
const { promisify } = require('node:util');
const { findServerProgram } = require('./install-servers.cjs');

/**
 * Runs redis-cli, which ends with an error when Redis answers with one.
 * @param {number} port of 127.0.0.1
 * @param {readonly string[]} args the command, or options of redis-cli
 * @param {object} [options]
 * @param {string} [options.password] of the default user
 * @param {number} [options.timeoutMs]
 * @returns {Promise<string>} what it printed
 */
async function redisCli(port, args, { password = '', timeoutMs = 5000 } = {}) {
  const program = findServerProgram('redis-cli');
  const { stdout } = await promisify(execFile)(
    program,
    ['-h', '127.0.0.1', '-p', String(port), '-e', ...args],
    {
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      env: { ...process.env, ...(password === '' ? {} : { REDISCLI_AUTH: password }) },
    },
  );
  return stdout.trim();
}

module.exports = { redisCli };
