// @ts-check
'use strict';
const { execFileSync } = require('node:child_process');
const { join } = require('node:path');
const { findServerProgram } = require('../servers/install-servers.cjs');
const { keepTemporaryFilesInMemory } = require('./memory-folder.cjs');
const { startPostgres } = require('../servers/postgres.cjs');
const { startRedis } = require('../servers/redis.cjs');

/** Builds what `adminRouter({ page: true })` serves from `page/`, which takes less than a second: tests see the page as it is now. */
function buildPage() {
  execFileSync(process.execPath, [join(__dirname, '..', '..', 'page', 'build.mjs')], { stdio: 'inherit' });
}

/**
 * One Redis and one PostgreSQL for the whole run; test files take a prefix or a database of their own. What is tested gets
 * `TEST_REDIS_ACL_URL`, the user of `docs/production/redis.md`; `TEST_REDIS_URL` may do everything.
 */
module.exports = async function startServers() {
  process.once('exit', keepTemporaryFilesInMemory());
  // The commands in the documents are run as they are shown, and they use curl.
  findServerProgram('curl');
  buildPage();
  /** @type {Array<() => Promise<void>>} */
  const started = [];
  if (process.env.REDIS_URL_TEST) {
    process.env.TEST_REDIS_URL = process.env.REDIS_URL_TEST;
    process.env.TEST_REDIS_ACL_URL = process.env.REDIS_ACL_URL_TEST || process.env.REDIS_URL_TEST;
  } else {
    const redis = await startRedis();
    started.push(redis.stop);
    process.env.TEST_REDIS_URL = redis.url;
    process.env.TEST_REDIS_ACL_URL = redis.aclUrl;
    process.env.TEST_REDIS_PID = String(redis.pid);
  }
  if (process.env.DATABASE_URL_TEST) {
    process.env.TEST_DATABASE_URL = process.env.DATABASE_URL_TEST;
  } else {
    const postgres = await startPostgres();
    started.push(postgres.stop);
    process.env.TEST_DATABASE_URL = postgres.url;
  }
  /** @type {any} */ (globalThis).serversOfThisRun = started;
};
