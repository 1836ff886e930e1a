import { join } from 'node:path';
import { freshDatabase, PROJECTS, ROUND_TRIP, roundTripOf, run } from './installed-package.js';

describe('the installed package', () => {
  it.each(['esm-js', 'cjs-js'])('protects an app in %s', async (project) => {
    const outcome = await run(process.execPath, ['app.js', freshDatabase()], join(PROJECTS, project));
    expect(roundTripOf(outcome)).toEqual(ROUND_TRIP);
  });
});
