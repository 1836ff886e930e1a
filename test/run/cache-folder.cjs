// @ts-check
'use strict';
const { mkdirSync } = require('node:fs');
const { homedir } = require('node:os');
const { join } = require('node:path');

/**
 * A folder for what tests download, outside the clone, so that the next clone has it already.
 * @param {string} name
 * @returns {string} absolute, and there
 */
function cacheFolder(name) {
  const caches = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  const folder = join(caches, 'express-api-keys-tests', name);
  mkdirSync(folder, { recursive: true });
  return folder;
}

module.exports = { cacheFolder };
