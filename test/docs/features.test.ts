import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readDocument } from './markdown.js';

const testFolder = join(__dirname, '..');
const sources = readdirSync(testFolder, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.test.ts') && !path.includes('node_modules'))
  .map((path) => readFileSync(join(testFolder, path), 'utf8'))
  .join('\n');

/** The rows of every table: what, whether, and by which tests. */
const rows = readDocument('docs/about/features.md')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (Feature|-+) /.test(line))
  .map((line) =>
    line
      .slice(1, -1)
      .split(' | ')
      .map((cell) => cell.trim()),
  );

/** Whether a test has this title, in any of the three quotes. */
function isTitle(title: string): boolean {
  return ["'", '"', '`'].some(
    (quote) =>
      sources.includes(`(${quote}${title}${quote}`) || sources.includes(`\n    ${quote}${title}${quote}`),
  );
}

describe('docs/about/features.md', () => {
  it('has rows of a feature, an answer and a reason', () => {
    expect(rows.length).toBeGreaterThan(50);
    expect(rows.filter((row) => row.length !== 3 || row.includes(''))).toEqual([]);
  });

  it.each(rows.filter(([, answer = '']) => !/^no\b(?!ne)/.test(answer)))(
    'names tests that exist for "%s" (%s)',
    (_feature, _answer, tests = '') => {
      const titles = [...tests.matchAll(/"([^"]+)"/g)].map(([, title = '']) => title);
      expect(titles).not.toEqual([]);
      expect(titles.filter((title) => !isTitle(title))).toEqual([]);
    },
  );

  it('says why, where something is missing', () => {
    const missing = rows.filter(([, answer]) => answer === 'no');
    expect(missing.length).toBeGreaterThan(0);
    expect(missing.filter(([, , why = '']) => !why.endsWith('.'))).toEqual([]);
  });
});
