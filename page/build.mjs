// @ts-check
// Bundles the custom element into one minified module, and copies its types beside it: `npm run build:page`.
import { copyFile, mkdir, readFile } from 'node:fs/promises';
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
await copyFile(new URL('element.d.ts', here), new URL('element.d.ts', target));

const bytes = gzipSync(await readFile(outfile)).length;
if (bytes > maxBytes) {
  throw new Error(`dist/page/element.js has ${bytes} bytes gzipped; it must not have more than ${maxBytes}.`);
}
