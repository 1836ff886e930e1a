import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../run/cache-folder.cjs';
import { freshDatabase, PROJECTS, ROUND_TRIP, roundTripOf, run } from './installed-package.js';

// The oldest Node that `engines` names, and the two release lines after it.
const VERSIONS = ['20.19.0', '22', '24'];
const PACKAGE = `node-${process.platform}-${process.arch}`;

/** The npm package that carries a Node binary; kept between runs, outside the clone. */
async function nodeBinary(version: string): Promise<string> {
  const folder = cacheFolder(join('node-versions', version));
  const binary = join(folder, 'node_modules', PACKAGE, 'bin', 'node');
  if (!existsSync(binary)) {
    const args = ['install', '--prefix', folder, '--no-save', '--no-package-lock', '--ignore-scripts'];
    const outcome = await run('npm', [...args, '--no-audit', '--no-fund', `${PACKAGE}@${version}`], folder);
    if (outcome.code !== 0) throw new Error(`Node ${version} could not be installed:\n${outcome.stderr}`);
  }
  return binary;
}

describe.each(VERSIONS)('on Node %s', (version) => {
  let binary: string;

  beforeAll(async () => {
    binary = await nodeBinary(version);
  });

  it('is the Node that runs', async () => {
    const { stdout } = await run(binary, ['--version'], PROJECTS);
    expect(stdout.trim()).toMatch(new RegExp(`^v${version.replaceAll('.', '\\.')}(\\.|$)`));
  });

  it.each(['esm-js', 'cjs-js'])('protects an app in %s', async (project) => {
    const outcome = await run(binary, ['app.js', freshDatabase()], join(PROJECTS, project));
    expect(roundTripOf(outcome)).toEqual(ROUND_TRIP);
    expect(outcome.stderr).not.toMatch(/Warning:/);
  });
});
