import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const range = (first: number, last: number): string[] =>
  Array.from({ length: last - first + 1 }, (_, index) => `R${first + index}`);

/** What must hold, by the names that the titles of tests begin with. */
const requirements = [...range(34, 41), 'R45', ...range(49, 63), ...range(71, 73)];

const tests = join(__dirname, '..');
const sources = readdirSync(tests, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.test.ts') && !path.includes('node_modules'))
  .map((path) => ({ path, source: readFileSync(join(tests, path), 'utf8') }));

/** Title of a test -> the requirements that it begins with: `R34`, or `R34, R35`. */
const title = /\b(?:it|test)(?:\.each\b[^'"`]*(?:\([^]*?\))??)?\(\s*['"`]((?:R\d+(?:, )?)+)(?:\b|:)/g;

function namesIn(source: string): string[] {
  const each = [...source.matchAll(/\)\(\s*['"`]((?:R\d+(?:, )?)+)[ :]/g)];
  return [...source.matchAll(title), ...each].flatMap(([, ids = '']) => ids.split(', '));
}

describe('the manifest of requirements', () => {
  it.each(requirements)('%s is the name of a test', (requirement) => {
    const files = sources
      .filter(({ source }) => namesIn(source).includes(requirement))
      .map(({ path }) => path);
    expect(files).not.toEqual([]);
  });

  it('lists every requirement that a test is named after, within its ranges', () => {
    const named = new Set(sources.flatMap(({ source }) => namesIn(source)));
    const inRange = [...named].filter((name) => /^R(3[4-9]|4[015]|49|5\d|6[0-3]|7[1-3])$/.test(name));
    expect(inRange.filter((name) => !requirements.includes(name))).toEqual([]);
  });
});
