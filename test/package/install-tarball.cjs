// @ts-check
'use strict';
const { execFileSync } = require('node:child_process');
const { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

const ROOT = join(__dirname, '..', '..');

// What a user installs beside us; one shared folder, since five installations would only take longer.
const CONSUMER_DEPENDENCIES = {
  express: '^5.3.0',
  libsql: '^0.5.29',
  otpauth: '^9.5.0',
  '@types/express': '^5.0.6',
  '@types/node': '^20.19.0',
  // Most TypeScript users have not arrived at 7 yet.
  typescript5: 'npm:typescript@~5.9.0',
};

/** Packs the built package as `npm publish` would, and installs the tarball where the consumer projects find it. */
module.exports = async function installTarball() {
  if (!existsSync(join(ROOT, 'dist', 'cjs', 'package.json'))) {
    throw new Error('There is no build to pack. Run `npm run build` first.');
  }
  // The real path: a project reached through a link is another project to Node and TypeScript.
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'express-api-keys-package-')));
  const packed = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [description] = JSON.parse(packed);
  const tarball = join(folder, description.filename);

  const projects = join(folder, 'projects');
  mkdirSync(projects);
  cpSync(join(__dirname, 'consumers'), projects, { recursive: true });
  const dependencies = { ...CONSUMER_DEPENDENCIES, 'express-api-keys': `file:${tarball}` };
  writeFileSync(join(projects, 'package.json'), JSON.stringify({ private: true, dependencies }, null, 2));
  execFileSync('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'], {
    cwd: projects,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  process.env.PACKAGE_TEST_FOLDER = folder;
  process.env.PACKAGE_TEST_TARBALL = tarball;
  // Longer than a variable can be.
  writeFileSync(join(folder, 'description.json'), JSON.stringify(description));
};
