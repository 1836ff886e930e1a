import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKED, PROJECTS, programOf, REPOSITORY, run, TARBALL } from './installed-package.js';

const EXPECTED_FILE =
  /^(dist\/(esm|cjs)\/[a-z0-9/-]+\.(js|js\.map|d\.ts)|dist\/page\/element\.(js|d\.ts)|dist\/cjs\/package\.json|lib\/[a-z0-9/-]+\.ts|docs\/([a-z0-9-]+\/)*[A-Za-z0-9-]+\.md|docs\/pictures\/[a-z0-9-]+\.svg|docs\/production\/monitoring\/[a-z-]+\.(json|yml)|llms\.txt|README\.md|SECURITY\.md|CHANGELOG\.md|LICENSE|package\.json)$/;
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

const readJson = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));
const manifest = readJson(join(PROJECTS, 'node_modules/express-api-keys/package.json')) as Manifest;
const paths = PACKED.files.map(({ path }) => path);

describe('the tarball', () => {
  it('holds what a user needs and nothing else', () => {
    expect(paths.filter((path) => !EXPECTED_FILE.test(path))).toEqual([]);
    expect(paths).toEqual(
      expect.arrayContaining([
        ...['README.md', 'SECURITY.md', 'CHANGELOG.md', 'LICENSE', 'package.json', 'llms.txt'],
        ...['docs/README.md', 'docs/reference/errors.md', 'docs/pictures/request-path.svg'],
        ...['grafana-dashboard.json', 'prometheus-rules.yml'].map((name) => `docs/production/monitoring/${name}`),
      ]),
    );
    for (const foreign of [
      'test/a.test.ts',
      'example-app/package.json',
      'lib/keys.db',
      'dist/esm/.env',
      '.ci/run',
    ]) {
      expect(foreign).not.toMatch(EXPECTED_FILE);
    }
  });

  it('has each source in both builds, with types and one map, and nothing that lost its source', () => {
    const sources = paths.filter((path) => path.startsWith('lib/')).map((path) => path.slice(4, -3));
    // The program is started, not imported: one build, and nothing else of it.
    const program = readdirSync(join(REPOSITORY, 'lib', 'cli')).map(
      (name) => `dist/esm/cli/${name.slice(0, -3)}.js`,
    );
    const outputs = ['esm', 'cjs'].flatMap((build) =>
      sources.flatMap((name) => ['.js', '.js.map', '.d.ts'].map((end) => `dist/${build}/${name}${end}`)),
    );
    const built = paths.filter((path) => /^dist\/(esm|cjs)\//.test(path) && path !== 'dist/cjs/package.json');
    expect(built.toSorted()).toEqual([...outputs, ...program].toSorted());
    expect(program).toContain('dist/esm/cli/bin.js');
    expect(sources).toContain('index');
  });

  it('is small', () => {
    // Two builds, each with one map for a file, and the sources that the maps lead to; a fifth of it are the four dialects. The pages of
    // docs/ with their pictures, which stand in the package so that they fit the version, take 740 kB unpacked, and the page 150 kB.
    expect(PACKED.size).toBeLessThan(2_530_000);
    expect(PACKED.unpackedSize).toBeLessThan(14_400_000);
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
