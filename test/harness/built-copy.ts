import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
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

/** A copy of the product in a folder of its own, as JavaScript: plain node starts it in a quarter of the time. */
export interface BuiltCopy {
  /** The small app of `orders-process.ts`. */
  readonly ordersProgram: string;
  remove(): void;
}

const root = join(__dirname, '..', '..');
const program = join('test', 'harness', 'orders-process');

/** @throws Error when a replacement does not fit the sources */
export function buildCopy(replacements: readonly Replacement[] = []): BuiltCopy {
  const folder = mkdtempSync(join(tmpdir(), 'express-api-keys-copy-'));
  const sources = join(folder, 'sources');
  try {
    cpSync(join(root, 'lib'), join(sources, 'lib'), { recursive: true });
    cpSync(join(root, `${program}.ts`), join(sources, `${program}.ts`));
    for (const replacement of replacements) replace(sources, replacement);
    const files = readdirSync(sources, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.ts'),
    );
    const esbuild = createRequire(join(root, 'package.json')).resolve('esbuild/bin/esbuild');
    const options = ['--format=esm', '--platform=node', '--target=node20', '--sourcemap=inline'];
    execFileSync(esbuild, [...files, ...options, '--outbase=.', `--outdir=${folder}`, '--log-level=error'], {
      cwd: sources,
    });
    copyFileSync(join(root, 'package.json'), join(folder, 'package.json'));
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  return {
    ordersProgram: join(folder, `${program}.js`),
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
