// @ts-check
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import loading from './loading-report.cjs';

const program = fileURLToPath(new URL('./loading-process.cjs', import.meta.url));
const execute = promisify(execFile);

/**
 * Starts an app over and over again, each time in a new process: without and with the admin router in turn.
 * @param {object} options
 * @param {number} options.starts of each
 * @param {(text: string) => void} options.onStep
 * @returns {Promise<import('./loading-report.cjs').LoadingRow[]>}
 */
export async function measureLoading({ starts, onStep }) {
  const folder = mkdtempSync(join(tmpdir(), 'api-keys-loading-'));
  /** @type {import('./loading-report.cjs').LoadingRow['starts']} */
  const plain = [];
  /** @type {import('./loading-report.cjs').LoadingRow['starts']} */
  const admin = [];
  try {
    for (let round = 0; round <= starts; round += 1) {
      for (const [into, args] of /** @type {const} */ ([
        [plain, []],
        [admin, ['admin']],
      ])) {
        // A database that is there already, as in an app that starts again: migrations are no part of loading.
        const { stdout } = await execute(process.execPath, [program, join(folder, 'keys.sqlite'), ...args]);
        if (round > 0) into.push(JSON.parse(stdout));
      }
      if (round % 5 === 0) onStep(`loading: ${round} of ${starts} starts`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return loading.toRows({ plain, admin });
}
