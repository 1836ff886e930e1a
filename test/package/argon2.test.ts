import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { run } from './installed-package.js';
import { nodeBinary } from './node-binary.js';

const root = resolve(__dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'express-api-keys-argon2-'));

/** Imports one key with the hash of the other system, and verifies the right string and wrong ones. */
const program = `
import { createApiKeys } from '${root}/lib/index.ts';
import { memoryStore } from '${root}/lib/testing/index.ts';

const apiKeys = createApiKeys({
  prefix: 'acme',
  scopes: { 'orders:read': 'Read orders' },
  pepper: 'a pepper of the test, of at least 32 bytes',
  store: memoryStore(),
  foreignFormats: [
    { name: 'old', pattern: /^sk_[0-9a-f]{8}_[a-z]{30}$/, hash: 'argon2id', idOf: (key) => key.slice(3, 11) },
  ],
});
const hash = '$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHRzYWx0c2FsdA$I5PIiYy/hHCOMHja6qpNcXijU8Z7xHz73aJCbKlQb6U';
const row = { visiblePart: '0a1b2c3d', ownerId: 'alice', name: 'Old', scopes: ['orders:read'] };
async function main() {
  await apiKeys.ready();
  const keys = apiKeys.keys.as({ kind: 'application' });
  const report = await keys.import({
    format: 'old',
    rows: [{ ...row, hash }, { ...row, hash: hash.replace('65536', '999999') }],
  });
  const verdicts = [];
  for (const letter of ['j', 'k', 'k', 'l']) {
    const address = '192.0.2.' + (verdicts.length + 1);
    const verdict = await apiKeys.keys.verify({ key: 'sk_0a1b2c3d_' + letter.repeat(30), scopes: 'orders:read', address });
    verdicts.push(verdict.allowed ? 'allowed' : verdict.code);
  }
  console.log(JSON.stringify({ imported: report.imported, invalid: report.invalid, verdicts }));
  await apiKeys.close();
}
void main();
`;

// The first run on a machine downloads Node 24.
jest.setTimeout(120_000);

beforeAll(() => {
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'app.ts'), program);
  buildSync({
    entryPoints: [join(folder, 'app.ts')],
    outfile: join(folder, 'app.cjs'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    packages: 'external',
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('keys with Argon2id are imported and accepted where Node.js computes it', async () => {
  const { code, stdout, stderr } = await run(await nodeBinary('24'), ['app.cjs'], folder);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({
    imported: 1,
    invalid: 1,
    verdicts: ['invalid_token', 'allowed', 'allowed', 'invalid_token'],
  });
});
