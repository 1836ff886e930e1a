// @ts-check
// Bundles `lib/` into the two builds of the package, and rolls up their types: `node build.mjs`.
// `node build.mjs esm DIRECTORY` writes the JavaScript of one build elsewhere.
import { cpSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decode, encode } from '@jridgewell/sourcemap-codec';
import { rolldown } from 'rolldown';
import { dts } from 'rolldown-plugin-dts';

const root = fileURLToPath(new URL('./', import.meta.url));
const entries = [
  'index',
  ...['dialects', 'express', 'store', 'testing', 'totp'].map((name) => `${name}/index`),
];
/** The program `api-keys` is an ES module, and nothing requires it. */
const programs = ['cli/bin'];

/** Whether a module is a package or part of Node.js, which the builds import as the sources do. @param {string} id */
const isPackage = (id) => !/^[./]/.test(id);

/**
 * What a bundler warns about is a mistake here: a circle, an import that does not exist, `import.meta` in CommonJS.
 * @param {{ message: string }} warning
 */
function refuse({ message }) {
  throw new Error(message);
}

/** Where the part of Kysely that both builds share is, beside the folder of either. @param {string} dir */
const locateKysely = (dir) => join(dir, '..', 'parts', 'kysely.cjs');

/** The same, as files in `parts/` of a build import it. */
const kyselyFromPart = '../../parts/kysely.cjs';

/** The functions and classes of Kysely that `lib/` imports. */
function listKyselyImports() {
  const lib = join(root, 'lib');
  const paths = readdirSync(lib, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.ts'),
  );
  const sources = paths.map((path) => readFileSync(join(lib, path), 'utf8'));
  const names = sources
    .flatMap((text) => [...text.matchAll(/^import \{([^}]+)\} from 'kysely';$/gm)])
    .flatMap(([, list = '']) => list.split(','))
    .map((name) => name.trim())
    .filter((name) => name !== '' && !name.startsWith('type '));
  return [...new Set(names)].sort();
}

/**
 * Bundles what `lib/` uses of Kysely into one file: the package is 262 files, which every start of an app would read, and no type of ours
 * names it. It has no map, because nobody debugs it here.
 * @param {string} file
 */
async function bundleKysely(file) {
  const entry = 'used-of-kysely';
  const bundle = await rolldown({
    input: entry,
    cwd: root,
    platform: 'node',
    plugins: [
      {
        name: entry,
        resolveId: (id) => (id === entry ? join(root, 'lib', 'sql', `${entry}.js`) : null),
        load: (id) =>
          id.endsWith(`${entry}.js`) ? `export { ${listKyselyImports().join(', ')} } from 'kysely';` : null,
      },
    ],
    checks: { bundlerTimings: false },
    onLog: (_level, log) => refuse(log),
  });
  await bundle.write({ dir: dirname(file), entryFileNames: basename(file), format: 'cjs', minify: true });
  await bundle.close();
}

/**
 * Makes a map one of lines: a trace or a breakpoint finds its line, not the place in it, and a map is two thirds of its size.
 * @param {string} file
 */
function mapLinesOnly(file) {
  const map = JSON.parse(readFileSync(file, 'utf8'));
  const lines = decode(map.mappings).map((segments) =>
    segments
      .filter((segment, index) => {
        const before = segments[index - 1];
        return segment.length > 1 && (segment[1] !== before?.[1] || segment[2] !== before?.[2]);
      })
      .map(
        ([column, source = 0, line = 0, from = 0]) =>
          /** @type {[number, number, number, number]} */ ([column, source, line, from]),
      ),
  );
  writeFileSync(file, JSON.stringify({ ...map, names: [], mappings: encode(lines) }));
}

/**
 * `require()` of a part runs at once, not in a later turn: what is mounted is loaded before the app listens, even where it says so in the
 * same turn.
 */
const requireAtOnce = {
  name: 'require-at-once',
  /** @param {string} code */
  renderChunk: (code) =>
    code.replaceAll(
      /Promise\.resolve\(\)\.then\(\(\) => (require\("[^"]+"\))\)/g,
      'new Promise((resolve) => resolve($1))',
    ),
};

/** @param {'esm' | 'cjs'} format @param {string} dir */
async function writeJavaScript(format, dir) {
  const names = format === 'esm' ? [...entries, ...programs] : entries;
  const bundle = await rolldown({
    input: Object.fromEntries(names.map((name) => [name, join(root, 'lib', `${name}.ts`)])),
    cwd: root,
    platform: 'node',
    external: isPackage,
    plugins: format === 'cjs' ? [requireAtOnce] : [],
    checks: { bundlerTimings: false },
    onLog: (_level, log) => refuse(log),
  });
  const { output } = await bundle.write({
    dir,
    format,
    exports: 'named',
    chunkFileNames: 'parts/[name].js',
    paths: { kysely: kyselyFromPart },
    // Bundlers of apps warn about the file with a `require` whose name they do not know; it holds little else.
    codeSplitting: { groups: [{ name: 'load-driver', test: /\/sql\/load-driver\.ts$/ }] },
    // Docstrings are in the declarations.
    comments: { legal: true, annotation: true, jsdoc: false },
    // `require()` of a driver works in jest as well, whose `import()` needs a flag of Node.js.
    dynamicImportInCjs: false,
    // With the sources in them. One set of maps is enough for debugging, and they are half of what is installed.
    sourcemap: format === 'esm',
  });
  await bundle.close();
  for (const { fileName, ...file } of output) {
    if (fileName.endsWith('.map')) mapLinesOnly(join(dir, fileName));
    const isImporting =
      file.type === 'chunk' && file.imports.some((id) => ['kysely', kyselyFromPart].includes(id));
    if (isImporting && dirname(fileName) !== 'parts') throw new Error(`${fileName} loads Kysely at once.`);
  }
}

/** The declarations of both builds are the same; whether they are those of ES modules, the `package.json` above them says. */
async function writeDeclarations() {
  const lib = join(root, 'lib');
  const bundle = await rolldown({
    input: Object.fromEntries(entries.map((name) => [name, join(lib, `${name}.ts`)])),
    cwd: root,
    external: isPackage,
    plugins: [dts({ emitDtsOnly: true, oxc: true, tsconfig: join(root, 'tsconfig.build.json') })],
    checks: { bundlerTimings: false },
    onLog: (_level, log) => refuse(log),
  });
  const dir = join(root, 'dist', 'esm');
  const { output } = await bundle.write({
    dir,
    entryFileNames: ({ facadeModuleId }) => relative(lib, facadeModuleId ?? ''),
    chunkFileNames: 'parts/[name].ts',
  });
  await bundle.close();
  for (const { fileName } of output) cpSync(join(dir, fileName), join(root, 'dist', 'cjs', fileName));
}

/** The licence of what is bundled has to go with it. */
function writeLicenses() {
  const text = readFileSync(join(root, 'node_modules', 'kysely', 'LICENSE'), 'utf8');
  writeFileSync(
    join(root, 'dist', 'LICENSES.txt'),
    `parts/kysely.cjs is a part of Kysely (https://kysely.dev):\n\n${text}`,
  );
}

const [format, folder] = process.argv.slice(2);
if (format === 'esm' || format === 'cjs') {
  if (folder === undefined) throw new Error('Where to? node build.mjs esm|cjs DIRECTORY');
  await Promise.all([writeJavaScript(format, folder), bundleKysely(locateKysely(folder))]);
} else {
  const dist = join(root, 'dist');
  await Promise.all([
    writeJavaScript('esm', join(dist, 'esm')),
    writeJavaScript('cjs', join(dist, 'cjs')),
    bundleKysely(locateKysely(join(dist, 'esm'))),
  ]);
  await writeDeclarations();
  writeFileSync(join(dist, 'cjs', 'package.json'), '{ "type": "commonjs" }\n');
  writeLicenses();
}
