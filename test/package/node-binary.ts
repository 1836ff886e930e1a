import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../run/cache-folder.cjs';
import { run } from './installed-package.js';

const PACKAGE = `node-${process.platform}-${process.arch}`;

/** The npm package that carries a Node binary; kept between runs, outside the clone. */
export async function nodeBinary(version: string): Promise<string> {
  const folder = cacheFolder(join('node-versions', version));
  const binary = join(folder, 'node_modules', PACKAGE, 'bin', 'node');
  if (!existsSync(binary)) {
    const args = ['install', '--prefix', folder, '--no-save', '--no-package-lock', '--ignore-scripts'];
    const outcome = await run('npm', [...args, '--no-audit', '--no-fund', `${PACKAGE}@${version}`], folder);
    if (outcome.code !== 0) throw new Error(`Node ${version} could not be installed:\n${outcome.stderr}`);
  }
  return binary;
}
