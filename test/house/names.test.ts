import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const NOT_OURS = new Set(['.git', 'node_modules', 'dist', 'coverage', 'results', 'data', '.data', 'seeds']);
const TOP_FOLDERS = ['.ci', '.github', 'docs', 'example-app', 'lib', 'page', 'test', 'types'];
const DRAWER = /^(utils?|helpers?|common|misc|shared)(\.|$)/;
const KEBAB_CASE = /^\.?[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9-]+)*$/;
const SHOUTED = /^[A-Z]+(\.md)?$/;

function entriesBelow(folder: string, inside = ''): string[] {
  return readdirSync(join(folder, inside), { withFileTypes: true })
    .filter((entry) => !NOT_OURS.has(entry.name))
    .flatMap((entry) => {
      const path = inside === '' ? entry.name : `${inside}/${entry.name}`;
      return entry.isDirectory() ? [path, ...entriesBelow(folder, path)] : [path];
    });
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
const drawersAmong = (paths: readonly string[]): string[] =>
  paths.filter((path) => DRAWER.test(nameOf(path)));
/** Names that GitHub looks for. */
const FOREIGN_NAMES = ['.github/ISSUE_TEMPLATE'];
const oddNamesAmong = (paths: readonly string[]): string[] =>
  paths
    .filter((path) => !FOREIGN_NAMES.includes(path))
    .filter((path) => !KEBAB_CASE.test(nameOf(path)) && !SHOUTED.test(nameOf(path)));

describe('names', () => {
  const paths = TOP_FOLDERS.flatMap((folder) =>
    readdirSync(ROOT).includes(folder) ? entriesBelow(ROOT, folder) : [],
  );

  it('say what a file is for: there is no drawer called utils, helpers or common', () => {
    expect(drawersAmong(paths)).toEqual([]);
    expect(
      drawersAmong(['lib/utils', 'lib/http/helpers.ts', 'test/common', 'lib/verify/common-name.ts']),
    ).toEqual(['lib/utils', 'lib/http/helpers.ts', 'test/common']);
  });

  it('are written in kebab-case', () => {
    expect(oddNamesAmong(paths)).toEqual([]);
    expect(oddNamesAmong(['lib/KeyStore.ts', 'lib/key_store.ts', 'lib/key-store.ts', 'README.md'])).toEqual([
      'lib/KeyStore.ts',
      'lib/key_store.ts',
    ]);
  });

  it('stand in the folders that the project has', () => {
    const folders = readdirSync(ROOT, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !NOT_OURS.has(entry.name))
      .map((entry) => entry.name);
    expect(folders.filter((name) => !TOP_FOLDERS.includes(name))).toEqual([]);
  });
});
