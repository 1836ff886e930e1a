import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One change of a source file: `from` must stand in it exactly once. */
export interface Replacement {
  /** As `lib/feed/lease.ts`. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** A copy of the product in a folder of its own, bundled: it starts in a sixth of the time that the sources take. */
export interface BuiltCopy {
  /** The small app of `orders-process.ts`, unless another one was asked for. */
  readonly ordersProgram: string;
  remove(): void;
}

const root = join(__dirname, '..', '..');
const ordersSource = join('test', 'harness', 'orders-process');
/** Packages in CommonJS expect these. */
const banner =
  "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);" +
  'const __dirname = import.meta.dirname;';

/**
 * @param program - the program that is bundled, without `.ts`
 * @throws Error when a replacement does not fit the sources
 */
export function buildCopy(replacements: readonly Replacement[] = [], program = ordersSource): BuiltCopy {
  const folder = mkdtempSync(join(tmpdir(), 'express-api-keys-copy-'));
  const sources = join(folder, 'sources');
  try {
    cpSync(join(root, 'lib'), join(sources, 'lib'), { recursive: true });
    cpSync(join(root, `${program}.ts`), join(sources, `${program}.ts`));
    for (const replacement of replacements) replace(sources, replacement);
    // What runs on Node alone goes into one file; drivers and what is resolved by its path stay where they are.
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    execFileSync(createRequire(join(root, 'package.json')).resolve('esbuild/bin/esbuild'), [
      join(sources, `${program}.ts`),
      ...['--bundle', '--format=esm', '--platform=node', '--target=node20', '--log-level=error'],
      ...['pg', 'libsql', 'bcryptjs'].map((name) => `--external:${name}`),
      `--banner:js=${banner}`,
      `--outfile=${join(folder, 'program.mjs')}`,
    ]);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  return {
    ordersProgram: join(folder, 'program.mjs'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function replace(sources: string, { file, from, to }: Replacement): void {
  const path = join(sources, file);
  const text = readFileSync(path, 'utf8');
  const times = text.split(from).length - 1;
  if (times !== 1) throw new Error(`${file} has ${times} times, not once: ${from}`);
  writeFileSync(
    path,
    text.replace(from, () => to),
  );
}
