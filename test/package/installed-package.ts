import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

function fromSetup(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run these tests with npm run test:package`);
  return value;
}

interface PackedFile {
  readonly path: string;
  readonly size: number;
}

/** What `npm pack --json` says about the tarball. */
export interface PackDescription {
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly PackedFile[];
}

export const REPOSITORY: string = join(__dirname, '..', '..');
export const TARBALL: string = fromSetup('PACKAGE_TEST_TARBALL');
export const PACKED: PackDescription = JSON.parse(
  readFileSync(join(fromSetup('PACKAGE_TEST_FOLDER'), 'description.json'), 'utf8'),
) as PackDescription;
/** The consumer projects, with the tarball in the node_modules above them. */
export const PROJECTS: string = join(fromSetup('PACKAGE_TEST_FOLDER'), 'projects');

export const programOf = (name: string, path: string): string => join(REPOSITORY, 'node_modules', name, path);

/** An embedded database file of its own. */
export const freshDatabase = (): string =>
  `file:${join(mkdtempSync(join(fromSetup('PACKAGE_TEST_FOLDER'), 'data-')), 'keys.db')}`;

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

// What jest sets for itself, and what the person who runs the tests may have set for an app of theirs.
const NOT_PASSED_ON = [
  'NODE_ENV',
  'NODE_OPTIONS',
  'JEST_WORKER_ID',
  'DATABASE_URL',
  'REDIS_URL',
  'API_KEYS_PEPPER',
];

/** Runs a program as a user would. */
export function run(program: string, args: readonly string[], cwd: string): Promise<Outcome> {
  const environment = { ...process.env };
  for (const name of NOT_PASSED_ON) delete environment[name];
  return new Promise((resolve) => {
    const options = {
      cwd,
      env: environment,
      encoding: 'utf8',
      timeout: 100_000,
      maxBuffer: 16_000_000,
    } as const;
    execFile(program, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ code, stdout, stderr });
    });
  });
}

/** What every consumer project prints when keys work there. */
export const ROUND_TRIP = { withoutKey: 401, withKey: 200, wrongScope: 403, afterRevoke: 401 };

/** The round trip that a run printed, or everything it said when there is none. */
export function roundTripOf({ code, stdout, stderr }: Outcome): unknown {
  const line = stdout.trim().split('\n').at(-1) ?? '';
  return code === 0 && line.startsWith('{') ? JSON.parse(line) : { code, stdout, stderr };
}
