import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What must hold, by the names that the titles of tests begin with. */
const rows = [
  ...[
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 20, 21, 22, 24, 25, 32, 33, 34, 35, 36, 37,
  ].map((n) => `F${n}`),
  ...[28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 44].map((n) => `R${n}`),
];

const sources = readdirSync(join(__dirname, '..'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.test.ts') && !path.includes('node_modules'))
  .map((path) => readFileSync(join(__dirname, '..', path), 'utf8'));

/** What histories and tests of faults cover besides, by the names of groups of tests. */
const groups = ['repeated revocations', 'mixed leases', 'mixed Redis settings'];

/** What the titles of tests begin with: `F1`, or `P5, F34`. */
const named = new Set(
  sources.flatMap((source) =>
    [...source.matchAll(/\b(?:it|it\.each[^'"`]*)\(\s*['"`]((?:[FPR]\d+(?:, )?)+):/g)].flatMap(
      ([, ids = '']) => ids.split(', '),
    ),
  ),
);

it('each row of the fault matrix is the name of a test', () => {
  expect(rows.filter((row) => !named.has(row))).toEqual([]);
});

it('each group of the fault matrix is there', () => {
  const found = new Set(
    sources.flatMap((source) =>
      [...source.matchAll(/\bdescribe[^'"`]*['"`]([^'"`]+)/g)].map(([, name = '']) => name),
    ),
  );
  expect(groups.filter((name) => !found.has(name))).toEqual([]);
});
