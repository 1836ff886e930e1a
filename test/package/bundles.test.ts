import { join } from 'node:path';
import { freshDatabase, programOf, PROJECTS, ROUND_TRIP, roundTripOf, run } from './installed-package.js';

const ESBUILD = programOf('esbuild', 'bin/esbuild');
// CommonJS packages inside an ES module bundle need a `require`; this line is what esbuild's users write for that.
const REQUIRE =
  "import { createRequire as requireFor } from 'node:module'; const require = requireFor(import.meta.url);";

describe('an app that is bundled into one file', () => {
  it.each([
    ['cjs', 'cjs-js', 'bundle/app.cjs', []],
    ['esm', 'esm-js', 'bundle/app.mjs', [`--banner:js=${REQUIRE}`]],
  ])('still makes and checks keys (%s)', async (format, project, outfile, more) => {
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
    expect(roundTripOf(await run(process.execPath, [outfile, freshDatabase()], folder))).toEqual(ROUND_TRIP);
  });
});
