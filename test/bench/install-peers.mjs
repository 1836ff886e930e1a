// @ts-check
// What others use instead, in a package of its own: it is installed for a measurement and is no dependency of anybody.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));
const lock = `${folder}package-lock.json`;
const stamp = `${folder}node_modules/.installed-from`;

/** Installs exactly what the lock file says, unless that was done before. @returns {boolean} whether it is there now */
export function installPeers() {
  const wanted = createHash('sha256').update(readFileSync(lock)).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return true;
  console.log('Installing the packages to compare with (once, about half a minute) ...');
  const result = spawnSync(
    'npm',
    [
      'ci',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
      '--prefer-offline',
      '--fetch-retries=1',
    ],
    {
      cwd: folder,
      encoding: 'utf8',
      timeout: 180_000,
      // As a run by npm itself: what npm says of its own run is not meant for this one.
      env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name))),
    },
  );
  if (result.status !== 0) {
    console.error(String(result.error ?? result.stderr).slice(-2000));
    return false;
  }
  writeFileSync(stamp, wanted);
  return true;
}
