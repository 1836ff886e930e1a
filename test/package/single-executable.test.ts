import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freshDatabase, programOf, PROJECTS, ROUND_TRIP, roundTripOf, run } from './installed-package.js';

const ESBUILD = programOf('esbuild', 'bin/esbuild');
const POSTJECT = programOf('postject', 'dist/cli.js');
/** What Node.js looks for in its own file (https://nodejs.org/docs/latest-v20.x/api/single-executable-applications.html). */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

async function runWell(...command: Parameters<typeof run>): Promise<void> {
  const { code, stdout, stderr } = await run(...command);
  if (code !== 0) throw new Error(`${command[0]} ended with ${code}: ${stdout}${stderr}`);
}

describe('an app that is a single executable', () => {
  let folder: string;
  let executable: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(PROJECTS, 'single-executable-'));
    executable = join(folder, 'app');
    const project = join(PROJECTS, 'cjs-js');
    const bundle = join(folder, 'bundle.cjs');
    const bundling = ['app.js', '--bundle', '--platform=node', '--format=cjs', `--outfile=${bundle}`];
    const outside = ['--external:libsql', '--external:pg'];
    await runWell(ESBUILD, [...bundling, ...outside], project);
    const settings = { main: bundle, output: 'app.blob', disableExperimentalSEAWarning: true };
    writeFileSync(join(folder, 'sea.json'), JSON.stringify(settings));
    await runWell(process.execPath, ['--experimental-sea-config', 'sea.json'], folder);
    copyFileSync(process.execPath, executable);
    chmodSync(executable, 0o755);
    const injecting = [POSTJECT, executable, 'NODE_SEA_BLOB', 'app.blob', '--sentinel-fuse', FUSE];
    await runWell(process.execPath, injecting, folder);
  }, 120_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('says where the driver has to be when there is none', async () => {
    // Not below the folder where the packages of the other projects are found.
    const alone = mkdtempSync(join(PROJECTS, '..', 'alone-'));
    copyFileSync(executable, join(alone, 'app'));
    chmodSync(join(alone, 'app'), 0o755);
    const { code, stderr } = await run(join(alone, 'app'), [freshDatabase()], alone);
    expect(code).toBe(1);
    expect(stderr).toContain('A single executable loads it from a folder node_modules beside itself');
    expect(stderr).toContain(`npm install libsql in ${alone}`);
    rmSync(alone, { recursive: true });
  });

  it('makes and checks keys, with bcrypt in a worker, when its packages are beside it', async () => {
    const beside = mkdtempSync(join(PROJECTS, '..', 'beside-'));
    copyFileSync(executable, join(beside, 'app'));
    chmodSync(join(beside, 'app'), 0o755);
    mkdirSync(join(beside, 'node_modules', '@libsql'), { recursive: true });
    for (const name of ['libsql', 'bcryptjs', '@neon-rs', 'detect-libc']) {
      symlinkSync(join(PROJECTS, 'node_modules', name), join(beside, 'node_modules', name));
    }
    const outcome = await run(join(beside, 'app'), [freshDatabase()], beside);
    expect(roundTripOf(outcome)).toEqual(ROUND_TRIP);
    expect(outcome.stderr).not.toContain('worker thread');
    rmSync(beside, { recursive: true });
  });
});
