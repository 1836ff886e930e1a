import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  freshDatabase,
  programOf,
  PROJECTS,
  ROUND_TRIP,
  roundTripOf,
  run,
  TARBALL,
} from './installed-package.js';

const YARN = programOf('@yarnpkg/cli-dist', 'bin/yarn.js');

const settings = [
  'nodeLinker: pnp',
  'enableScripts: false',
  'enableTelemetry: false',
  // In CI, Yarn would refuse to make the lock file.
  'enableImmutableInstalls: false',
];

describe("an app that is installed by Yarn with Plug'n'Play", () => {
  let folder: string;

  const yarn = (...args: string[]) => run(process.execPath, [YARN, ...args], folder);
  const install = async (dependencies: Readonly<Record<string, string>>): Promise<void> => {
    const all = { express: '^5.3.0', 'express-api-keys': `file:${TARBALL}`, ...dependencies };
    writeFileSync(
      join(folder, 'package.json'),
      JSON.stringify({ private: true, type: 'module', dependencies: all }),
    );
    const { code, stdout } = await yarn('install');
    expect(code === 0 ? '' : stdout).toBe('');
  };

  beforeAll(() => {
    // Beside the other projects, whose packages must not be found from here.
    folder = mkdtempSync(join(PROJECTS, '..', 'plug-and-play-'));
    cpSync(join(PROJECTS, 'esm-js', 'app.js'), join(folder, 'app.js'));
    writeFileSync(join(folder, '.yarnrc.yml'), `${settings.join('\n')}\n`);
    writeFileSync(join(folder, 'yarn.lock'), '');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('says how the driver is added when there is none', async () => {
    await install({});
    const { code, stderr } = await yarn('node', 'app.js', freshDatabase());
    expect(code).toBe(1);
    expect(stderr).toContain('The embedded SQLite file needs the package libsql');
    expect(stderr).toContain('yarn add libsql');
  });

  it('makes and checks keys, with bcrypt in a worker', async () => {
    await install({ libsql: '^0.5.29' });
    const outcome = await yarn('node', 'app.js', freshDatabase());
    expect(roundTripOf(outcome)).toEqual(ROUND_TRIP);
    expect(outcome.stderr).not.toContain('worker thread');
  });
});
