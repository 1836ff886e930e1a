import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { hashSync } from 'bcryptjs';
import { buildSync } from 'esbuild';
import { putPackage } from '../example-app/built-app.js';

jest.setTimeout(90_000);

const root = resolve(__dirname, '../..');
const installed = mkdtempSync(join(tmpdir(), 'express-api-keys-builds-'));
const bare = mkdtempSync(join(tmpdir(), 'express-api-keys-bare-'));

/** Node 24 knows it by its final name. */
const permissionFlag = process.allowedNodeEnvironmentFlags.has('--permission')
  ? '--permission'
  : '--experimental-permission';

const rightKey = `sk_0a1b2c3d_${'r'.repeat(20)}`;
const wrongKey = `sk_0a1b2c3d_${'w'.repeat(20)}`;

/** Hashes, matches both ways, and ends by itself: workers must not keep a process alive. */
const program = (load: (entry: string, name: string) => string): string => `
${load('index', 'createApiKeys')}
${load('testing/index', 'memoryStore')}
const workers = [];
process.on('worker', (worker) => workers.push(worker));
const warnings = [];
const apiKeys = createApiKeys({
  prefix: 'acme',
  scopes: { 'orders:read': 'Read orders' },
  store: memoryStore(),
  pepper: 'p'.repeat(43),
  bcryptCost: 8,
  foreignFormats: [{ name: 'old', pattern: /^sk_[0-9a-f]{8}_[a-z]{20}$/, hash: 'bcrypt', idOf: (key) => key.slice(3, 11) }],
  logger: { info() {}, warn: (message) => warnings.push(message), error: (message) => warnings.push(message) },
});
async function main() {
  await apiKeys.ready();
  const keys = apiKeys.keys.as({ kind: 'application' });
  await keys.create({ ownerId: 'alice', name: 'New', scopes: ['orders:read'] });
  const old = { ownerId: 'alice', name: 'Old', scopes: ['orders:read'] };
  const report = await keys.import({ format: 'old', rows: [{ hash: '${hashSync(rightKey, 8)}', visiblePart: '0a1b2c3d', ...old }] });
  const codes = [];
  for (const key of ['${rightKey}', '${wrongKey}']) {
    const { allowed, code } = await apiKeys.keys.verify({ key, scopes: 'orders:read', address: '192.0.2.1' });
    codes.push(allowed ? 'allowed' : code);
  }
  console.log(JSON.stringify({ codes, workers: workers.length > 0, warnings }));
  await apiKeys.close();
}
main();
`;

/** Express is in CommonJS, and wants a `require` in a module as well. */
const requireInModules =
  "import { createRequire as requireFor } from 'node:module'; const require = requireFor(import.meta.url);";

interface Outcome {
  readonly codes: readonly string[];
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
  putPackage(format, join(installed, format));
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
    program((entry, name) => `import { ${name} } from './esm/${entry}.js';`),
  );
  writeFileSync(
    join(installed, 'app.cjs'),
    program((entry, name) => `const { ${name} } = require('./cjs/${entry}.js');`),
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
        ...(format === 'esm' && { banner: { js: requireInModules } }),
      });
    }
  }
}, 180_000);

afterAll(() => {
  for (const folder of [installed, bare]) rmSync(folder, { recursive: true, force: true });
});

const inWorkers: Outcome = { codes: ['allowed', 'invalid_token'], workers: true, warnings: [] };

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
