import { join } from 'node:path';
import { freshDatabase, programOf, PROJECTS, ROUND_TRIP, roundTripOf, run } from './installed-package.js';

const TSC = programOf('typescript', 'bin/tsc');
const OLDER_TSC = join(PROJECTS, 'node_modules/typescript5/bin/tsc');
const ESBUILD = programOf('esbuild', 'bin/esbuild');

const node = (args: readonly string[], project: string) =>
  run(process.execPath, args, join(PROJECTS, project));

describe('the installed package', () => {
  it('protects an app in TypeScript with module nodenext', async () => {
    expect(await node([TSC, '-p', '.'], 'ts-nodenext')).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(roundTripOf(await node(['out/app.js', freshDatabase()], 'ts-nodenext'))).toEqual(ROUND_TRIP);
  });

  it('protects an app in TypeScript with a bundler', async () => {
    expect(await node([TSC, '-p', '.'], 'ts-bundler')).toEqual({ code: 0, stdout: '', stderr: '' });
    const bundle = await run(
      ESBUILD,
      [
        'app.ts',
        '--bundle',
        '--platform=node',
        '--format=esm',
        '--packages=external',
        '--outfile=out/app.js',
      ],
      join(PROJECTS, 'ts-bundler'),
    );
    expect(bundle).toMatchObject({ code: 0 });
    expect(roundTripOf(await node(['out/app.js', freshDatabase()], 'ts-bundler'))).toEqual(ROUND_TRIP);
  });

  it.each(['ts-nodenext', 'ts-bundler'])(
    'has types that TypeScript 5.9 reads as well (%s)',
    async (project) => {
      expect(await node([OLDER_TSC, '-p', '.', '--noEmit'], project)).toEqual({
        code: 0,
        stdout: '',
        stderr: '',
      });
    },
  );

  it('loads in an app that is tested by jest as it comes', async () => {
    const outcome = await node([programOf('jest', 'bin/jest.js'), '--ci', '--rootDir', '.'], 'jest-cjs');
    expect(outcome.stderr).toMatch(/^Tests: +2 passed, 2 total$/m);
    // What keeps jest from ending would keep the user's jest from ending.
    expect(outcome.stderr).not.toMatch(/did not exit|failed to exit/);
    expect(outcome.code).toBe(0);
  });
});
