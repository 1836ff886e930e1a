import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const tests = join(__dirname, '..');
const sources = readdirSync(tests, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.test.ts') && !path.includes('node_modules'))
  .map((path) => ({ path, source: readFileSync(join(tests, path), 'utf8') }));

/** The rows of a specification that titles of tests begin with: `it('R34 …')`, `it('R34, R35 …')`. */
export interface NamedRows {
  /** Every row that some test is named after. */
  readonly all: ReadonlySet<string>;
  /** Which files have a test of a row. */
  filesOf(row: string): readonly string[];
}

/**
 * Reads the titles of all tests.
 *
 * @param prefixes - what names of rows begin with; a number follows
 */
export function namedRows(...prefixes: readonly string[]): NamedRows {
  const row = `(?:${prefixes.join('|')})\\d+`;
  const list = `((?:${row}(?:, )?)+)`;
  const plain = new RegExp(
    `\\b(?:it|test)(?:\\.each\\b[^'"\`]*(?:\\([^]*?\\))??)?\\(\\s*['"\`]${list}(?:\\b|:)`,
    'g',
  );
  const each = new RegExp(`\\)\\(\\s*['"\`]${list}[ :]`, 'g');
  const namesIn = (source: string): string[] =>
    [...source.matchAll(plain), ...source.matchAll(each)].flatMap(([, ids = '']) => ids.split(', '));
  const named = sources.map(({ path, source }) => ({ path, names: new Set(namesIn(source)) }));
  return {
    all: new Set(named.flatMap(({ names }) => [...names])),
    filesOf: (name) => named.filter(({ names }) => names.has(name)).map(({ path }) => path),
  };
}

/** `R34`, `R35` … */
export function rowNames(prefix: string, first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, index) => `${prefix}${first + index}`);
}
