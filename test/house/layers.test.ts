import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const OXLINT = join(ROOT, 'node_modules', 'oxlint', 'bin', 'oxlint');
const CONFIG = readFileSync(join(ROOT, '.oxlintrc.json'), 'utf8');

interface Finding {
  readonly file: string;
  readonly rule: string;
  readonly message: string;
}

/** Lints files that exist only for this call, under the rules of this repository. */
function lint(files: Readonly<Record<string, string>>): readonly Finding[] {
  const folder = mkdtempSync(join(tmpdir(), 'express-api-keys-lint-'));
  try {
    writeFileSync(join(folder, '.oxlintrc.json'), CONFIG);
    writeFileSync(join(folder, 'tsconfig.json'), '{ "compilerOptions": { "strict": true, "types": [] } }');
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(folder, dirname(path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    const result = spawnSync(process.execPath, [OXLINT, '--format', 'json'], {
      cwd: folder,
      encoding: 'utf8',
      env: {
        ...process.env,
        OXLINT_TSGOLINT_PATH: join(ROOT, 'node_modules', '.bin', 'tsgolint'),
      },
    });
    if (!result.stdout.startsWith('{')) throw new Error(`oxlint failed: ${result.stdout}${result.stderr}`);
    const report = JSON.parse(result.stdout) as {
      diagnostics: Array<{ filename: string; code: string; message: string; help?: string }>;
    };
    return report.diagnostics.map(({ filename, code, message, help }) => ({
      file: filename.replaceAll('\\', '/'),
      rule: code,
      message: `${message} ${help ?? ''}`,
    }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const isLayerFinding = ({ rule }: Finding): boolean => rule.includes('no-restricted-imports');

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  });

const FLOWS = ['verify', 'manage', 'events', 'audit', 'tokens', 'signatures'];
const EDGES = ['middleware', 'admin', 'oauth', 'dialects', 'cli'];
/** What puts the others together, from below: nothing that stands before them knows them. */
const COMPOSITION = ['options', 'api', 'instance', 'store', 'testing'];
const ADAPTERS = ['sql', 'redis', 'memory', 'crypto', 'metrics', 'webhooks'];
const PACKAGES = [
  'express',
  'helmet',
  'express-validator',
  'ioredis',
  'kysely',
  'libsql',
  'pg',
  'bcryptjs',
  'structured-headers',
  'ipaddr.js',
  'csv-parse',
  'prom-client',
  '@opentelemetry/api',
  'supertest',
];
const ROOT_ONLY = ['../api-keys.js', '../create-api-keys.js', '../index.js'];

const PACKAGES_OF: Readonly<Record<string, readonly string[]>> = {
  sql: ['kysely', 'libsql', 'pg'],
  redis: ['ioredis'],
  crypto: ['bcryptjs'],
  webhooks: ['ipaddr.js'],
  signatures: ['structured-headers'],
};
for (const edge of ['http', ...EDGES]) {
  Object.assign(PACKAGES_OF, { [edge]: ['express', 'helmet', 'express-validator'] });
}
/** It is handed the app, and makes none. */
Object.assign(PACKAGES_OF, { cli: [] });

const inFolders = (folders: readonly string[]): string[] =>
  folders.map((folder) => `../${folder}/anything.js`);

function forbiddenTo(layer: string): readonly string[] {
  const packages = PACKAGES.filter((name) => !PACKAGES_OF[layer]?.includes(name));
  const always = [...packages, ...ROOT_ONLY];
  const above = inFolders(COMPOSITION);
  const outside = [...inFolders(['http', ...EDGES, ...ADAPTERS]), ...above];
  if (layer === 'domain') {
    const others = [...inFolders(['ports', 'feed', ...FLOWS]), '../errors.js', 'node:fs', 'node:crypto'];
    return [...always, ...others, ...outside];
  }
  if (layer === 'ports') return [...always, ...inFolders(['feed', ...FLOWS]), ...outside];
  if (layer === 'feed') return [...always, ...inFolders(FLOWS), ...outside];
  if (FLOWS.includes(layer)) return [...always, ...outside];
  if (layer === 'http') return [...always, ...inFolders([...EDGES, ...ADAPTERS]), ...above];
  const others = [...EDGES, ...ADAPTERS].filter((name) => name !== layer);
  if (EDGES.includes(layer)) return [...always, ...inFolders(others), ...above];
  const entries = ['store', 'testing'];
  if (layer === 'options') return [...always, ...inFolders([...EDGES, 'api', 'instance', ...entries])];
  if (layer === 'api') {
    return [...always, ...inFolders([...EDGES, ...ADAPTERS, 'instance', ...entries])];
  }
  if (layer === 'instance')
    return [...always, ...inFolders(['middleware', 'admin', 'oauth', 'api', ...entries])];
  if (layer === 'store') {
    const composition = COMPOSITION.filter((name) => name !== layer);
    return [...always, ...inFolders(['feed', ...FLOWS, 'http', ...EDGES, ...ADAPTERS, ...composition])];
  }
  return [...always, ...inFolders(['http', ...others]), ...above];
}

function allowedTo(layer: string): readonly string[] {
  if (layer === 'domain') return ['./anything.js', 'node:zlib', 'node:net'];
  if (layer === 'ports') return ['./anything.js', '../domain/anything.js', '../errors.js'];
  const below = ['./anything.js', ...inFolders(['domain', 'ports']), '../errors.js', 'node:crypto'];
  if (layer === 'feed' || layer === 'store') return below;
  if (FLOWS.includes(layer)) return [...below, '../feed/anything.js', ...(PACKAGES_OF[layer] ?? [])];
  const flows = [...below, ...inFolders(FLOWS), ...(PACKAGES_OF[layer] ?? [])];
  const readers = ['../options/read-options.js', '../options/option-readers.js'];
  if (layer === 'http') return [...flows, ...readers];
  if (layer === 'cli') return [...flows, '../http/anything.js', ...readers, '../sql/load-driver.js'];
  if (EDGES.includes(layer)) return [...flows, '../http/anything.js', ...readers];
  if (layer === 'options') return [...flows, ...inFolders(['http', 'sql', 'redis', 'metrics'])];
  if (layer === 'api') return [...flows, ...inFolders(['feed', 'http'])];
  if (layer === 'instance') return [...flows, ...inFolders(['feed', 'options', 'dialects', ...ADAPTERS])];
  return flows;
}

const LAYERS = [
  ...['domain', 'ports', 'feed', ...FLOWS, 'http', ...EDGES, ...ADAPTERS],
  ...['options', 'api', 'instance', 'store'],
];

interface Case {
  readonly layer: string;
  readonly specifier: string;
  readonly path: string;
  readonly text: string;
}

/** One file per import, half of them type-only: naming a type of another layer is knowing it. */
const casesFrom = (name: string, specifiersOf: (layer: string) => readonly string[]): readonly Case[] =>
  LAYERS.flatMap((layer) =>
    specifiersOf(layer).map((specifier, index) => ({
      layer,
      specifier,
      path: `lib/${layer}/${name}-${index}.ts`,
      text:
        index % 2 === 0
          ? `import type { Thing } from '${specifier}';\nexport type Mine = Thing;\n`
          : `export { thing } from '${specifier}';\n`,
    })),
  );

const forbidden = casesFrom('forbidden', forbiddenTo);
const allowed = casesFrom('allowed', allowedTo);

const inFoldersOfLayers: Readonly<Record<string, string>> = {
  'admin/fields': '../../dialects/read-body.js',
  'admin/openapi': '../../middleware/guard.js',
  'middleware/routes': '../../admin/endpoint.js',
  'dialects/yativo': '../../admin/endpoint.js',
  'sql/postgres': '../../redis/scripts.js',
  'sql/sqlite': '../../http/send-problem.js',
  'signatures/hmac': '../../middleware/guard.js',
  'cli/doctor': '../../redis/scripts.js',
};
const insideFolders = Object.entries(inFoldersOfLayers).map(
  ([folder, specifier]) => [`lib/${folder}/case.ts`, `export { thing } from '${specifier}';\n`] as const,
);

const atTheTop = ['index', 'api-keys', 'create-api-keys', 'errors', 'problems', 'deadline'].map(
  (name) => [`lib/${name}.ts`, `export type { Redis } from 'ioredis';\n`] as const,
);

const DYNAMIC = /\b(?:import|require|require\.resolve)\(\s*['"]([^'"]+)['"]/g;
const asStatic = (text: string): string =>
  [...text.matchAll(DYNAMIC)].map(([, specifier]) => `import '${specifier}';\n`).join('');
const dynamic = asStatic(`const load = () => import('libsql'); const again = require("pg");`);

const brokenRules: Readonly<Record<string, string>> = {
  'no-floating-promises': 'export function go(work: () => Promise<void>): void {\n  work();\n}\n',
  'no-misused-promises':
    'export function go(list: number[], ask: () => Promise<boolean>): number[] {\n  return list.filter(() => ask());\n}\n',
  'no-explicit-any': 'export function go(value: any): unknown {\n  return value;\n}\n',
};

/** All at once: most of what a call of the linter takes is its start. */
const findings = lint({
  ...Object.fromEntries([...forbidden, ...allowed].map(({ path, text }) => [path, text])),
  ...Object.fromEntries([...insideFolders, ...atTheTop]),
  ...Object.fromEntries(Object.entries(brokenRules).map(([rule, text]) => [`lib/verify/${rule}.ts`, text])),
  'lib/manage/load-driver.ts': dynamic,
  'lib/sql/load-driver.ts': dynamic,
  'lib/verify/one.ts': `import { two } from './two.js';\nexport const one = (): number => two();\n`,
  'lib/verify/two.ts': `import { one } from './one.js';\nexport const two = (): number => one();\n`,
});

/** Which of some files are refused for what they import, once for each time, in order. */
function refusedOf(paths: Iterable<string>): readonly string[] {
  const wanted = new Set(paths);
  return findings
    .filter(isLayerFinding)
    .map(({ file }) => file)
    .filter((file) => wanted.has(file))
    .toSorted();
}

const rulesBrokenIn = (path: string): string =>
  findings
    .filter(({ file }) => file === path)
    .map(({ rule }) => rule)
    .join();

/** File -> the files below the same folder that it names in imports and exports, of values and of types. */
function importsIn(folder: string): ReadonlyMap<string, readonly string[]> {
  const files = filesBelow(folder).filter((path) => path.endsWith('.ts'));
  const known = new Set(files);
  return new Map(
    files.map((path) => {
      const specifiers = [...readFileSync(path, 'utf8').matchAll(/from '(\.[^']+)\.js'/g)];
      const targets = specifiers.map(([, specifier = '']) => `${join(dirname(path), specifier)}.ts`);
      return [path, targets.filter((target) => known.has(target))] as const;
    }),
  );
}

/** Groups of files that reach each other (Tarjan's strongly connected components of more than one). */
function circlesAmong(imports: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const circles: string[][] = [];
  function visit(file: string): number {
    const number = order.size;
    order.set(file, number);
    lowest.set(file, number);
    open.push(file);
    for (const next of imports.get(file) ?? []) {
      const reached = order.has(next) ? (open.includes(next) ? (order.get(next) ?? 0) : number) : visit(next);
      lowest.set(file, Math.min(lowest.get(file) ?? number, reached));
    }
    const low = lowest.get(file) ?? number;
    if (low === number) {
      const circle = open.splice(open.indexOf(file));
      if (circle.length > 1) circles.push(circle.toSorted());
    }
    return low;
  }
  for (const file of imports.keys()) if (!order.has(file)) visit(file);
  return circles;
}

describe('the layers of lib/', () => {
  const refused = refusedOf(forbidden.map(({ path }) => path));

  it.each(forbidden.map((one) => [one.layer, one.specifier, one.path]))(
    '%s may not import %s',
    (_layer, _specifier, path) => {
      expect(refused).toContain(path);
    },
  );

  it('may import what lies below them', () => {
    expect(refusedOf(allowed.map(({ path }) => path))).toEqual([]);
    expect(allowed.length).toBeGreaterThan(50);
  });

  it('hold inside the folders of a layer as well', () => {
    const paths = insideFolders.map(([path]) => path);
    expect(refusedOf(paths)).toEqual(paths.toSorted());
  });

  it('leave at most six files at the top of lib/', () => {
    const files = readdirSync(join(ROOT, 'lib'), { withFileTypes: true }).filter((entry) => entry.isFile());
    expect(files.length).toBeLessThanOrEqual(6);
  });

  it('have no circle of imports, not even of types', () => {
    expect(circlesAmong(importsIn(join(ROOT, 'lib')))).toEqual([]);
    const three = { a: ['b'], b: ['c'], c: ['a', 'd'], d: [] };
    expect(circlesAmong(new Map(Object.entries(three)))).toEqual([['a', 'b', 'c']]);
  });

  it('keep packages out of the files at the top of lib/', () => {
    const paths = atTheTop.map(([path]) => path);
    expect(refusedOf(paths)).toEqual(paths.toSorted());
  });
});

describe('imports that the linter does not look into', () => {
  it('keep to the layers as well', () => {
    const files = filesBelow(join(ROOT, 'lib'))
      .filter((path) => path.endsWith('.ts'))
      .map((path) => [relative(ROOT, path), asStatic(readFileSync(path, 'utf8'))] as const)
      .filter(([, text]) => text !== '');
    expect(lint(Object.fromEntries([...files, ['lib/index.ts', '']])).filter(isLayerFinding)).toEqual([]);
  });

  it('are found when they do not', () => {
    expect(refusedOf(['lib/manage/load-driver.ts', 'lib/sql/load-driver.ts'])).toEqual([
      'lib/manage/load-driver.ts',
      'lib/manage/load-driver.ts',
    ]);
  });
});

describe('the rules that need types', () => {
  it.each(Object.keys(brokenRules))('%s is on', (rule) => {
    expect(rulesBrokenIn(`lib/verify/${rule}.ts`)).toContain(rule);
  });

  it('import cycles are refused', () => {
    expect(rulesBrokenIn('lib/verify/one.ts')).toContain('no-cycle');
  });
});
