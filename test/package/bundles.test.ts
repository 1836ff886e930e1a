import { cpSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  freshDatabase,
  programOf,
  PROJECTS,
  ROUND_TRIP,
  roundTripOf,
  run,
  type Outcome,
} from './installed-package.js';

const ESBUILD = programOf('esbuild', 'bin/esbuild');
/** What an app says besides that its tables are new. */
const warningsOf = ({ stderr }: Outcome): string =>
  stderr.replace(/^api-keys: new tables were created in the file .*\n/m, '');

const WEBPACK = join(__dirname, 'bundle-with-webpack.cjs');

/** CommonJS packages inside an ES module bundle need a `require`; these lines are what esbuild's users write for that. */
const banners = {
  renamed:
    "import { createRequire as requireFor } from 'node:module'; const require = requireFor(import.meta.url);",
  usual: [
    "import { createRequire } from 'module';",
    "import { fileURLToPath } from 'url';",
    "import path, { dirname } from 'path';",
    'const require = createRequire(import.meta.url);',
    'const __filename = fileURLToPath(import.meta.url);',
    'const __dirname = dirname(__filename);',
  ].join(' '),
};

describe('an app that esbuild bundles into one file', () => {
  it.each([
    ['cjs', 'cjs-js', 'bundle/app.cjs', []],
    ['esm', 'esm-js', 'bundle/app.mjs', [`--banner:js=${banners.renamed}`]],
    ['esm', 'esm-js', 'bundle/usual.mjs', [`--banner:js=${banners.usual}`]],
  ])('still makes and checks keys (%s, %s, %s)', async (format, project, outfile, more) => {
    const folder = join(PROJECTS, project);
    const bundling = await run(
      ESBUILD,
      // The database drivers stay outside: a native binary cannot be bundled.
      [
        'app.js',
        '--bundle',
        '--platform=node',
        `--format=${format}`,
        `--outfile=${outfile}`,
        '--external:libsql',
        '--external:pg',
        ...more,
      ],
      folder,
    );
    expect(bundling).toMatchObject({ code: 0 });
    const outcome = await run(process.execPath, [outfile, freshDatabase()], folder);
    expect(warningsOf(outcome)).toBe('');
    expect(roundTripOf(outcome)).toEqual(ROUND_TRIP);
  });
});

interface BundlerReport {
  readonly errors: readonly unknown[];
  /** Each with the file that it is about. */
  readonly warnings: readonly string[];
}

describe('an app that webpack bundles into one file', () => {
  const bundle = async (project: string, filename: string, options: object): Promise<string> => {
    const folder = join(PROJECTS, project);
    const isModule = filename.endsWith('.mjs');
    const output = { path: join(folder, 'webpack'), filename, module: isModule };
    const { code, stdout, stderr } = await run(
      process.execPath,
      [WEBPACK, JSON.stringify({ entry: './app.js', output, ...options })],
      folder,
    );
    const { errors, warnings } = JSON.parse(stdout) as BundlerReport;
    expect({ code, stderr, errors }).toEqual({ code: 0, stderr: '', errors: [] });
    // Express and what ioredis needs have warnings of their own. In CommonJS there is no other way to load a driver in tests of
    // jest than a `require` whose name is not known to bundlers.
    const ours = warnings.filter((text) => text.includes('node_modules/express-api-keys/'));
    expect(ours.filter((text) => !/cjs\/parts\/load-driver\.js: Critical dependency/.test(text))).toEqual([]);
    return join('webpack', filename);
  };
  const module = { experiments: { outputModule: true }, externalsType: 'module' };

  it.each([
    ['CommonJS, drivers left out', 'cjs-js', 'out.cjs', { externals: ['libsql', 'pg'] }],
    ['CommonJS, nothing left out', 'cjs-js', 'whole.cjs', {}],
    ['a module, drivers left out', 'esm-js', 'out.mjs', { ...module, externals: ['libsql', 'pg'] }],
    ['a module, nothing left out', 'esm-js', 'whole.mjs', module],
  ])('still makes and checks keys (%s)', async (_how, project, filename, options) => {
    const file = await bundle(project, filename, options);
    const outcome = await run(process.execPath, [file, freshDatabase()], join(PROJECTS, project));
    expect(warningsOf(outcome).slice(-1500)).toBe('');
    expect(roundTripOf(outcome)).toEqual(ROUND_TRIP);
  });

  it('says what to do when the driver is not beside the bundle', async () => {
    const file = await bundle('cjs-js', 'alone.cjs', {});
    const folder = mkdtempSync(join(tmpdir(), 'express-api-keys-bundle-'));
    cpSync(join(PROJECTS, 'cjs-js', file), join(folder, 'app.cjs'));
    mkdirSync(join(folder, 'data'));
    const { code, stderr } = await run(process.execPath, ['app.cjs', 'file:data/keys.db'], folder);
    expect(code).toBe(1);
    expect(stderr).toContain('npm install libsql');
    expect(stderr).toContain('In a bundle, leave it out (mark libsql as external)');
  });
});
