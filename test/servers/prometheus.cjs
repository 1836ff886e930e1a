// @ts-check
'use strict';
const { mkdtempSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { findServerProgram } = require('./install-servers.cjs');
const { onFreePort, startServerProcess } = require('./server-process.cjs');

/** @param {string} url @returns {Promise<boolean>} */
async function answers(url) {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(1000) })).ok;
  } catch {
    return false;
  }
}

/**
 * Starts a Prometheus of one's own on 127.0.0.1, which scrapes and evaluates rules every second.
 * @param {object} options
 * @param {string} options.target the host and port to scrape
 * @param {string} options.token a bearer token
 * @param {readonly string[]} [options.ruleFiles] absolute paths
 * @returns {Promise<import('./server-process.cjs').RunningServer & { url: string }>}
 */
async function startPrometheus({ target, token, ruleFiles = [] }) {
  const program = findServerProgram('prometheus');
  return onFreePort(async (port) => {
    const dataDir = mkdtempSync(join(tmpdir(), 'express-api-keys-prometheus-'));
    // JSON is YAML as well.
    const config = {
      global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
      rule_files: ruleFiles,
      scrape_configs: [
        {
          job_name: 'orders',
          authorization: { credentials: token },
          static_configs: [{ targets: [target] }],
        },
      ],
    };
    const file = join(dataDir, 'prometheus.yml');
    writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
    const url = `http://127.0.0.1:${port}`;
    const server = await startServerProcess({
      name: 'Prometheus',
      program,
      args: [
        `--config.file=${file}`,
        `--storage.tsdb.path=${join(dataDir, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--log.level=warn',
      ],
      dataDir,
      stopSignal: 'SIGTERM',
      isReady: () => answers(`${url}/-/ready`),
    });
    return { ...server, url };
  });
}

module.exports = { startPrometheus };
