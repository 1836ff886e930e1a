import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freshDatabase, PROJECTS, run } from './installed-package.js';
import { nodeBinary } from './node-binary.js';

it('doctor finds a Node that is too old, on one', async () => {
  const binary = await nodeBinary('20.18.3');
  const folder = mkdtempSync(join(PROJECTS, 'esm-js', 'older-node-'));
  writeFileSync(
    join(folder, 'api-keys.js'),
    `import { createApiKeys } from 'express-api-keys';
     export const apiKeys = createApiKeys({
       prefix: 'acme', scopes: { 'orders:read': 'Read orders' }, database: ${JSON.stringify(freshDatabase())},
     });`,
  );
  const program = join(PROJECTS, 'node_modules', 'express-api-keys', 'dist', 'esm', 'cli', 'bin.js');
  const { code, stdout, stderr } = await run(binary, [program, 'doctor', '--app', './api-keys.js'], folder);
  expect({ code, stderr }).toMatchObject({ code: 1 });
  expect(stdout).toMatch(
    /error: This is Node\.js 20\.18\.3; express-api-keys needs 20\.19\.0 .* \[node-too-old\]/,
  );
});
