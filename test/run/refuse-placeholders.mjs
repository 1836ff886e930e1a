// @ts-check
// Runs before `npm publish`: nothing goes out whose addresses lead nowhere.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const files = [
  'package.json',
  'README.md',
  'SECURITY.md',
  'CHANGELOG.md',
  'lib/problems.ts',
  'docs/reference/errors.md',
  'example-app/README.md',
];
const found = files.flatMap((file) =>
  readFileSync(join(root, file), 'utf8')
    .split('\n')
    .flatMap((line, index) =>
      line.includes('example.invalid') ? [`${file}:${index + 1}: ${line.trim()}`] : [],
    ),
);
if (found.length > 0) {
  console.error(
    'Not published: these addresses are placeholders. Put the real ones of the repository there:\n',
  );
  console.error(found.join('\n'));
  process.exitCode = 1;
}
