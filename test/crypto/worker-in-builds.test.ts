import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { putBuild } from '../example-app/built-app.js';

jest.setTimeout(90_000);

const root = resolve(__dirname, '../..');
const installed = mkdtempSync(join(tmpdir(), 'express-api-keys-builds-'));
const bare = mkdtempSync(join(tmpdir(), 'express-api-keys-bare-'));

/** Node 24 knows it by its final name. */
const permissionFlag = process.allowedNodeEnvironmentFlags.has('--permission')
  ? '--permission'
  : '--experimental-permission';

/** Hashes, matches both ways, and ends by itself: workers must not keep a process alive. */
const program = (load: string): string => `${load}
const workers = [];
process.on('worker', (worker) => workers.push(worker));
const warnings = [];
const logger = { warn: (message) => warnings.push(message), error: (message) => warnings.push(message) };
const hasher = createSecretHasher({ cost: 8, logger });
async function main() {
  const hash = await hasher.hash('right');
  const answers = await Promise.all([hasher.matches('right', hash), hasher.matches('wrong', hash)]);
  console.log(JSON.stringify({ isHash: hash.startsWith('$2'), answers, workers: workers.length > 0, warnings }));
}
main();
`;

interface Outcome {
  readonly isHash: boolean;
  readonly answers: readonly boolean[];
  readonly workers: boolean;
  readonly warnings: readonly string[];
}

function run(file: string, ...flags: string[]): Outcome {
  const output = execFileSync(process.execPath, [...flags, file], {
    encoding: 'utf8',
    stdio: 'pipe',
    timeout: 20_000,
    cwd: tmpdir(),
  });
  return JSON.parse(output) as Outcome;
}

/** The package as it is built. */
function compile(format: 'esm' | 'cjs'): void {
  putBuild(`dist/${format}`, `tsconfig.${format}.json`, join(installed, format));
  writeFileSync(
    join(installed, format, 'package.json'),
    JSON.stringify({ type: format === 'esm' ? 'module' : 'commonjs' }),
  );
}

beforeAll(() => {
  symlinkSync(join(root, 'node_modules'), join(installed, 'node_modules'));
  compile('esm');
  compile('cjs');
  writeFileSync(
    join(installed, 'app.mjs'),
    program(`import { createSecretHasher } from './esm/crypto/bcrypt-hasher.js';`),
  );
  writeFileSync(
    join(installed, 'app.cjs'),
    program(`const { createSecretHasher } = require('./cjs/crypto/bcrypt-hasher.js');`),
  );
  for (const folder of [installed, bare]) {
    mkdirSync(join(folder, 'bundle'));
    for (const [entry, format, outfile] of [
      ['app.mjs', 'esm', 'bundle/app.mjs'],
      ['app.cjs', 'cjs', 'bundle/app.cjs'],
    ] as const) {
      buildSync({
        entryPoints: [join(installed, entry)],
        outfile: join(folder, outfile),
        bundle: true,
        platform: 'node',
        format,
      });
    }
  }
}, 180_000);

afterAll(() => {
  for (const folder of [installed, bare]) rmSync(folder, { recursive: true, force: true });
});

const inWorkers: Outcome = { isHash: true, answers: [true, false], workers: true, warnings: [] };

describe('the bcrypt worker', () => {
  it.each([
    ['the ES module build', 'app.mjs'],
    ['the CommonJS build', 'app.cjs'],
    ['an ES module bundle beside node_modules', 'bundle/app.mjs'],
    ['a CommonJS bundle beside node_modules', 'bundle/app.cjs'],
  ])('is found from %s', (_, file) => {
    expect(run(join(installed, file))).toEqual(inWorkers);
  });

  it.each([
    ['an ES module bundle', 'bundle/app.mjs'],
    ['a CommonJS bundle', 'bundle/app.cjs'],
  ])('gives way to the main thread, with one warning, in %s without node_modules', (_, file) => {
    expect(run(join(bare, file))).toEqual({
      ...inWorkers,
      workers: false,
      warnings: [expect.stringContaining('mark it as external')],
    });
  });

  it('gives way to the main thread where the process may not start threads', () => {
    const outcome = run(join(installed, 'app.cjs'), permissionFlag, '--allow-fs-read=*');
    expect(outcome).toEqual({ ...inWorkers, workers: false, warnings: [expect.any(String)] });
  });
});
