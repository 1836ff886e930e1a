// @ts-check
// Bundles `lib/` into the two builds of the package, and rolls up their types: `node build.mjs`.
// `node build.mjs esm DIRECTORY` writes the JavaScript of one build elsewhere.
import { cpSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
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

/** @param {'esm' | 'cjs'} format @param {string} dir */
async function writeJavaScript(format, dir) {
  const names = format === 'esm' ? [...entries, ...programs] : entries;
  const bundle = await rolldown({
    input: Object.fromEntries(names.map((name) => [name, join(root, 'lib', `${name}.ts`)])),
    cwd: root,
    platform: 'node',
    external: isPackage,
    checks: { bundlerTimings: false },
    onLog: (_level, log) => refuse(log),
  });
  await bundle.write({
    dir,
    format,
    exports: 'named',
    chunkFileNames: 'parts/[name].js',
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

const [format, folder] = process.argv.slice(2);
if (format === 'esm' || format === 'cjs') {
  if (folder === undefined) throw new Error('Where to? node build.mjs esm|cjs DIRECTORY');
  await writeJavaScript(format, folder);
} else {
  await Promise.all([
    writeJavaScript('esm', join(root, 'dist', 'esm')),
    writeJavaScript('cjs', join(root, 'dist', 'cjs')),
  ]);
  await writeDeclarations();
  writeFileSync(join(root, 'dist', 'cjs', 'package.json'), '{ "type": "commonjs" }\n');
}
