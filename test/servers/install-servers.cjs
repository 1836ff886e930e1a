// @ts-check
'use strict';
const { existsSync, mkdirSync, readdirSync, writeFileSync, rmSync } = require('node:fs');
const { delimiter, join } = require('node:path');
const { spawnSync } = require('node:child_process');
const { cacheFolder } = require('../run/cache-folder.cjs');

const SERVER_PACKAGES = ['redis-server', 'postgresql', 'curl', 'openssl'];
/** Large, and needed by one sample of code only: installed on its own. */
const GO_PACKAGES = ['golang-go'];
/** Needed by the tests of forward auth only. */
const PROXY_PACKAGES = ['nginx', 'haproxy', 'caddy'];
/** Large, and needed by the tests of the page only. The fonts make what is drawn the same everywhere. */
const BROWSER_PACKAGES = ['chromium', 'fonts-liberation'];
/** Systems that keys are imported from: PHP for those of Laravel, and a package of Django with what it needs. */
const RECIPE_PACKAGES = ['php-cli', 'python3-djangorestframework-api-key'];
/** Shells that complete commands. */
const SHELL_PACKAGES = ['zsh', 'fish'];
/** A server that scrapes an app, and the program that checks its rules: needed by the tests of monitoring only. */
const MONITORING_PACKAGES = ['prometheus'];
/** Where Debian has packages of Python; one is found there by the name of its folder. */
const PYTHON_FOLDER = '/usr/lib/python3/dist-packages';
/** Needed by one test, which counts system calls. */
const TRACE_PACKAGES = ['strace'];
const POLICY_FILE = '/usr/sbin/policy-rc.d';

/** Debian keeps initdb and postgres out of PATH, one folder per major version. @returns {string[]} newest first */
function debianPostgresFolders() {
  const root = '/usr/lib/postgresql';
  if (!existsSync(root)) return [];
  return readdirSync(root)
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(root, version, 'bin'));
}

/** @param {string} name @returns {string | undefined} */
function lookFor(name) {
  // Debian keeps nginx and haproxy in /usr/sbin, which is not in everybody's PATH.
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter),
    '/usr/sbin',
    ...debianPostgresFolders(),
    PYTHON_FOLDER,
  ];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** @param {readonly string[]} packages */
function aptCommand(packages) {
  return `apt-get update && apt-get install -y --no-install-recommends ${packages.join(' ')}`;
}

/** @param {string} archives @returns {string} a file of settings that keeps packages there */
function aptSettings(archives) {
  const file = join(archives, 'apt.conf');
  const keep = 'Binary::apt-get::APT::Keep-Downloaded-Packages "true"; APT::Keep-Downloaded-Packages "true";';
  writeFileSync(file, `Dir::Cache::archives "${archives}/"; ${keep}\n`);
  return file;
}

/** @param {readonly string[]} packages */
function installFromDebian(packages) {
  const command = aptCommand(packages);
  // What was downloaded is there for the next machine that is set up with this folder.
  const archives = cacheFolder('apt');
  mkdirSync(join(archives, 'partial'), { recursive: true });
  // Packages would otherwise start system services on the default ports.
  const ownPolicy = !existsSync(POLICY_FILE);
  if (ownPolicy) writeFileSync(POLICY_FILE, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    console.log(`Installing ${packages.join(', ')} from Debian (about a minute) ...`);
    // Files of tests run beside each other: the second one waits, and finds it done.
    const result = spawnSync('flock', [join(archives, 'lock-of-tests'), 'sh', '-c', command], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', APT_CONFIG: aptSettings(archives) },
      encoding: 'utf8',
      maxBuffer: 64_000_000,
    });
    if (result.status !== 0) {
      throw new Error(`The installation failed: ${command}\n${result.error ?? result.stderr.slice(-4000)}`);
    }
  } finally {
    if (ownPolicy) rmSync(POLICY_FILE, { force: true });
  }
}

/** @param {string} name of a program @returns {readonly string[]} what is installed with it */
function packagesWith(name) {
  if (name === 'go') return GO_PACKAGES;
  if (name === 'chromium') return BROWSER_PACKAGES;
  if (name === 'strace') return TRACE_PACKAGES;
  if (SHELL_PACKAGES.includes(name)) return SHELL_PACKAGES;
  if (name === 'php' || name === 'rest_framework_api_key') return RECIPE_PACKAGES;
  if (name === 'prometheus' || name === 'promtool') return MONITORING_PACKAGES;
  return PROXY_PACKAGES.includes(name) ? PROXY_PACKAGES : SERVER_PACKAGES;
}

/**
 * The path of a program that tests run, a server, a tool for one, or the curl that the documents show, or of a package of Python. Installs it when it is missing
 * and we may.
 * @param {'redis-server' | 'redis-cli' | 'initdb' | 'postgres' | 'pg_basebackup' | 'pg_ctl' | 'pg_dump' | 'curl' | 'openssl' | 'go' | 'nginx' | 'haproxy' | 'caddy' | 'chromium' | 'php' | 'rest_framework_api_key' | 'prometheus' | 'promtool' | 'strace' | 'zsh' | 'fish'} name
 * @returns {string}
 */
function findServerProgram(name) {
  const found = lookFor(name);
  if (found) return found;
  const packages = packagesWith(name);
  if (process.getuid?.() !== 0 || !lookFor('apt-get')) {
    throw new Error(
      `${name} was not found. Install what the tests need with this command, then try again:\n` +
        `  sudo sh -c '${aptCommand(packages)}'`,
    );
  }
  installFromDebian(packages);
  const installed = lookFor(name);
  if (!installed) throw new Error(`${name} is still missing after: ${aptCommand(packages)}`);
  return installed;
}

module.exports = { findServerProgram };
