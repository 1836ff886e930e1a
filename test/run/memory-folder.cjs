// @ts-check
'use strict';
const { spawnSync } = require('node:child_process');
const { chmodSync, mkdtempSync, rmSync, statfsSync, writeFileSync } = require('node:fs');
const { freemem } = require('node:os');
const { join } = require('node:path');

const GIBIBYTE = 2 ** 30;
/** Databases, logs and installed packages of a whole run take less than half of it. */
const leastFree = 6 * GIBIBYTE;

/** @param {string} folder that is mounted with `noexec` in some containers */
function runsPrograms(folder) {
  const program = join(folder, 'program');
  writeFileSync(program, '#!/bin/sh\nexit 0\n', { mode: 0o700 });
  return spawnSync(program).status === 0;
}

/** @param {string} parent @returns {boolean} */
function hasRoom(parent) {
  const { bavail, bsize } = statfsSync(parent);
  return bavail * bsize >= leastFree && freemem() >= 2 * leastFree;
}

/**
 * Has temporary files of this process and its children kept in memory, where there is enough of it: databases of tests live
 * as long as a test, and each of their commits would wait for the disk. Does nothing where `TMPDIR` is set, or memory is
 * short.
 *
 * @param {string} [parent] where Linux keeps files in memory
 * @returns {() => void} removes what is left
 */
function keepTemporaryFilesInMemory(parent = '/dev/shm') {
  if (process.env.TMPDIR) return () => {};
  try {
    if (!hasRoom(parent)) return () => {};
    // Few letters: paths are logged, and what looks like a secret is redacted there.
    const folder = mkdtempSync(join(parent, 'tests-'));
    const remove = () => {
      rmSync(folder, { recursive: true, force: true });
      delete process.env.TMPDIR;
    };
    if (!runsPrograms(folder)) {
      remove();
      return () => {};
    }
    // As `/tmp`: PostgreSQL runs as another user.
    chmodSync(folder, 0o1777);
    process.env.TMPDIR = folder;
    return remove;
  } catch {
    // There is no such folder, as on macOS: temporary files stay where they are.
    return () => {};
  }
}

module.exports = { keepTemporaryFilesInMemory };
