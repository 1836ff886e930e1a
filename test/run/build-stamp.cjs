// @ts-check
'use strict';
const { createHash } = require('node:crypto');
const { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } = require('node:fs');
const { dirname, join } = require('node:path');

const ROOT = join(__dirname, '..', '..');
const STAMP = join(ROOT, 'test', 'run', 'results', 'built-from');
const FOLDERS = ['lib', 'types', 'page', join('example-app', 'src')];
const FILES = [
  'package.json',
  'package-lock.json',
  ...['build.mjs', 'tsconfig.json', 'tsconfig.build.json', 'example-app/tsconfig.build.json'],
];
const BUILDS = ['dist/esm/index.js', 'dist/cjs/package.json', 'example-app/dist/server.js'];

/** Everything that a build is made from, as one hash. */
function hashOfSources() {
  const paths = FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  const hash = createHash('sha256');
  for (const path of [...paths.sort(), ...FILES.map((file) => join(ROOT, file))]) {
    hash.update(`${path}\0`).update(readFileSync(path)).update('\0');
  }
  return hash.digest('hex');
}

/** Whether `dist` and the example app's were built from the sources as they are. */
function isBuilt() {
  if (!existsSync(STAMP) || !BUILDS.every((file) => existsSync(join(ROOT, file)))) return false;
  return readFileSync(STAMP, 'utf8') === hashOfSources();
}

function noteBuild() {
  mkdirSync(dirname(STAMP), { recursive: true });
  writeFileSync(STAMP, hashOfSources());
}

module.exports = { isBuilt, noteBuild };
