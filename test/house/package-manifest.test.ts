import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

interface Manifest {
  readonly exports: Readonly<Record<string, unknown>>;
  readonly typesVersions: { readonly '*': Readonly<Record<string, readonly string[]>> };
}

describe('package.json', () => {
  const manifest = JSON.parse(read('package.json')) as Manifest;

  it('has types for each entry where TypeScript does not read exports (moduleResolution: node)', () => {
    const entries = Object.keys(manifest.exports)
      .filter((entry) => entry !== '.' && entry !== './package.json')
      .map((entry) => entry.slice(2));
    const typed = manifest.typesVersions['*'];
    expect(Object.keys(typed).toSorted()).toEqual(entries.toSorted());
    // For browsers: one module, built from page/.
    expect(typed['page']).toEqual(['./dist/page/element.d.ts']);
    for (const entry of entries.filter((name) => name !== 'page')) {
      expect(typed[entry]).toEqual([`./dist/cjs/${entry}/index.d.ts`]);
      expect(existsSync(join(ROOT, 'lib', entry, 'index.ts'))).toBe(true);
    }
  });

  it('is not published while its addresses are placeholders', () => {
    const run = spawnSync(process.execPath, [join(ROOT, 'test', 'run', 'refuse-placeholders.mjs')], {
      encoding: 'utf8',
    });
    const hasPlaceholders = read('package.json').includes('example.invalid');
    expect(run.status).toBe(hasPlaceholders ? 1 : 0);
    if (hasPlaceholders) expect(run.stderr).toContain('package.json:');
  });
});

describe('package-lock.json', () => {
  it('stays as it is whether npm 10 or 11 installs: it has no field that only one of them writes', () => {
    expect(read('package-lock.json')).not.toContain('"libc":');
  });

  it('names no address that packages were fetched from', () => {
    const resolved = [...read('package-lock.json').matchAll(/"resolved": "([^"]+)"/g)].map(([, url]) => url);
    expect(resolved.filter((url) => /^https?:/.test(url ?? ''))).toEqual([]);
  });
});
