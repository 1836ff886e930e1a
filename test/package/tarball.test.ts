import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKED, PROJECTS, programOf, REPOSITORY, run, TARBALL } from './installed-package.js';

const EXPECTED_FILE =
  /^(dist\/(esm|cjs)\/[a-z0-9/-]+\.(js|d\.ts)|dist\/esm\/[a-z0-9/-]+\.js\.map|dist\/page\/element\.(js|d\.ts)|dist\/cjs\/package\.json|dist\/parts\/kysely\.cjs|dist\/LICENSES\.txt|docs\/([a-z0-9-]+\/)*[A-Za-z0-9-]+\.md|docs\/pictures\/[a-z0-9-]+\.svg|docs\/production\/monitoring\/[a-z-]+\.(json|yml)|llms\.txt|README\.md|SECURITY\.md|CHANGELOG\.md|LICENSE|package\.json)$/;
const INSTALL_SCRIPTS = [
  'preinstall',
  'install',
  'postinstall',
  'prepublish',
  'prepare',
  'preprepare',
  'postprepare',
];

interface Manifest {
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, unknown>>;
}

interface SourceMap {
  readonly sources: readonly string[];
  readonly sourcesContent: readonly string[];
}

const INSTALLED = join(PROJECTS, 'node_modules/express-api-keys');
const readJson = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));
const manifest = readJson(join(INSTALLED, 'package.json')) as Manifest;
const paths = PACKED.files.map(({ path }) => path);

describe('the tarball', () => {
  it('holds what a user needs and nothing else', () => {
    expect(paths.filter((path) => !EXPECTED_FILE.test(path))).toEqual([]);
    expect(paths).toEqual(
      expect.arrayContaining([
        ...['README.md', 'SECURITY.md', 'CHANGELOG.md', 'LICENSE', 'package.json', 'llms.txt'],
        ...['docs/README.md', 'docs/reference/errors.md', 'docs/pictures/request-path.svg'],
        ...['grafana-dashboard.json', 'prometheus-rules.yml'].map(
          (name) => `docs/production/monitoring/${name}`,
        ),
      ]),
    );
    for (const foreign of [
      'test/a.test.ts',
      'example-app/package.json',
      'lib/keys.db',
      'dist/esm/.env',
      'dist/cjs/index.js.map',
      '.ci/run',
    ]) {
      expect(foreign).not.toMatch(EXPECTED_FILE);
    }
  });

  it('has what its manifest names, in both builds with types, and one set of maps with the sources in them', () => {
    const entries = [
      'index',
      ...['dialects', 'express', 'store', 'testing', 'totp'].map((name) => `${name}/index`),
    ];
    for (const build of ['esm', 'cjs']) {
      const outputs = entries.flatMap((name) => ['.js', '.d.ts'].map((end) => `dist/${build}/${name}${end}`));
      expect(paths).toEqual(expect.arrayContaining(outputs));
    }
    expect(paths).toContain('dist/esm/cli/bin.js');
    const maps = paths.filter((path) => path.endsWith('.map'));
    expect(maps.filter((path) => !path.startsWith('dist/esm/'))).toEqual([]);
    const { sources, sourcesContent } = readJson(join(INSTALLED, 'dist/esm/index.js.map')) as SourceMap;
    const guard = sources.findIndex((source) => source.endsWith('lib/middleware/guard.ts'));
    expect(sourcesContent[guard]).toBe(readFileSync(join(REPOSITORY, 'lib/middleware/guard.ts'), 'utf8'));
  });

  it('is small', () => {
    // A third of it are the maps. The pages of docs/ with their pictures, which stand in the package so that they fit the version, take
    // 750 kB unpacked, and the page 220 kB.
    expect(paths.length).toBeLessThanOrEqual(400);
    expect(PACKED.size).toBeLessThan(2_500_000);
    expect(PACKED.unpackedSize).toBeLessThan(10_000_000);
  });

  it('runs nothing when it is installed, and neither does what it brings along', () => {
    expect(Object.keys(manifest.scripts ?? {}).filter((name) => INSTALL_SCRIPTS.includes(name))).toEqual([]);
    const { packages } = readJson(join(PROJECTS, 'package-lock.json')) as {
      packages: Record<string, { hasInstallScript?: boolean }>;
    };
    expect(Object.keys(packages)).toContain('node_modules/libsql');
    expect(Object.keys(packages).filter((path) => packages[path]?.hasInstallScript)).toEqual([]);
  });

  it('has at most ten direct dependencies', () => {
    const names = Object.keys(manifest.dependencies ?? {});
    expect(names.length).toBeGreaterThan(0);
    expect(names.length).toBeLessThanOrEqual(10);
    expect(names).not.toContain('express');
  });

  it('satisfies publint without a warning or a suggestion', async () => {
    const outcome = await run(
      process.execPath,
      [programOf('publint', 'src/cli.js'), TARBALL, '--strict'],
      REPOSITORY,
    );
    expect(outcome.stdout + outcome.stderr).toMatch(/All good!/);
    expect(outcome.code).toBe(0);
  });

  it('has the right types for every way to import it', async () => {
    const args = [programOf('@arethetypeswrong/cli', 'dist/index.js'), TARBALL, '--format', 'json'];
    // It ends before a pipe has taken all of a long report; a file takes it at once.
    const file = join(PROJECTS, 'types-report.json');
    const intoFile = ['-c', 'exec "$@" > "$0"', file, process.execPath, ...args];
    await run('sh', intoFile, REPOSITORY);
    const report = JSON.parse(readFileSync(file, 'utf8')) as {
      analysis: {
        entrypoints: Record<string, unknown>;
        problems: readonly unknown[];
      };
    };
    expect(Object.keys(report.analysis.entrypoints)).toEqual(
      expect.arrayContaining(['.', './dialects', './express', './page', './store', './testing', './totp']),
    );
    // Where TypeScript reads no `exports` (node10), `typesVersions` says where types are.
    // The page is for browsers, which have ES modules only; on a server it defines nothing.
    expect(report.analysis.problems).toEqual([
      { kind: 'CJSResolvesToESM', entrypoint: './page', resolutionKind: 'node16-cjs' },
    ]);
  });
});
