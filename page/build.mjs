// @ts-check
// Bundles the custom element into one minified module, and writes its types beside it: `npm run build:page`.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { build, transform } from 'esbuild';

const here = new URL('./', import.meta.url);
const target = new URL('../dist/page/', here);
/** What a browser may have to load at most, gzipped. */
const maxBytes = 60 * 1024;

/** Style sheets are strings, for `CSSStyleSheet.replaceSync`: a `<style>` would need `unsafe-inline`. @type {import('esbuild').Plugin} */
const minifiedStyles = {
  name: 'minified-styles',
  setup(bundle) {
    bundle.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(await readFile(path, 'utf8'), { loader: 'css', minify: true });
      return { contents: code, loader: 'text' };
    });
  },
};

/** The types, with the names of the texts written out: the sources are not in the package. */
async function composeTypes() {
  const source = await readFile(new URL('src/texts-english.ts', here), 'utf8');
  const { code } = await transform(source, { loader: 'ts', format: 'esm' });
  const { english } = await import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`);
  const members = Object.entries(english).map(
    ([name, text]) => `  /** “${text}” */\n  readonly '${name}'?: string;\n`,
  );
  const types = await readFile(new URL('element.d.ts', here), 'utf8');
  const written = types
    .replace(/^import type .*\n\n/, '')
    .replace(/^export type Texts = .*\n/m, () => `export interface Texts {\n${members.join('')}}\n`);
  if (/^import /m.test(written) || !written.includes('interface Texts')) {
    throw new Error('page/element.d.ts is not as build.mjs expects it.');
  }
  return written;
}

const outfile = new URL('element.js', target);
await mkdir(target, { recursive: true });
await build({
  entryPoints: [new URL('src/element.tsx', here).pathname],
  outfile: outfile.pathname,
  bundle: true,
  minify: true,
  format: 'esm',
  target: ['chrome123', 'firefox121', 'safari17.5'],
  jsx: 'automatic',
  jsxImportSource: 'preact',
  legalComments: 'none',
  banner: { js: '/*! express-api-keys, MIT. Contains Preact, MIT, (c) 2015-present Jason Miller. */' },
  plugins: [minifiedStyles],
});
await writeFile(new URL('element.d.ts', target), await composeTypes());

const bytes = gzipSync(await readFile(outfile)).length;
if (bytes > maxBytes) {
  throw new Error(`dist/page/element.js has ${bytes} bytes gzipped; it must not have more than ${maxBytes}.`);
}
