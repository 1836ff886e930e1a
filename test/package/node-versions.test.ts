import { join } from 'node:path';
import { freshDatabase, PROJECTS, ROUND_TRIP, roundTripOf, run } from './installed-package.js';
import { nodeBinary } from './node-binary.js';

// The oldest Node that `engines` names, and the two release lines after it.
const VERSIONS = ['20.19.0', '22', '24'];

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
