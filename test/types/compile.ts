import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const TSC = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');

/** The text of a file, or the path of one in this folder. */
type Source = { readonly text: string } | { readonly file: string };

/**
 * What the compiler says about each of some files, empty when it has nothing to say: as an app of somebody who uses this package, with
 * its own choice of the types of Express. They are one program: what one of them declares globally, all of them have.
 *
 * @param sources - by the name of the file
 */
export function compile<Name extends string>(
  sources: Readonly<Record<Name, Source>>,
  { expressTypes = 5 }: { readonly expressTypes?: 4 | 5 } = {},
): Readonly<Record<Name, string>> {
  const folder = mkdtempSync(join(tmpdir(), 'express-api-keys-types-'));
  try {
    const entries = Object.entries<Source>(sources) as [Name, Source][];
    const paths = entries.map(([name, source]) => {
      if ('file' in source) return join(__dirname, source.file);
      writeFileSync(join(folder, name), source.text);
      return join(folder, name);
    });
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(configOf(paths, expressTypes)));
    const { stdout, stderr } = spawnSync(process.execPath, [TSC, '-p', folder, '--pretty', 'false'], {
      cwd: folder,
      encoding: 'utf8',
    });
    const errors = splitErrors(stdout + stderr);
    const names = paths.map((path) => basename(path));
    const astray = errors.filter((error) => !names.some((name) => isOf(name, error)));
    if (astray.length > 0) throw new Error(`The compiler says of something else: ${astray.join('')}`);
    const said = entries.map(([name], index) => [
      name,
      errors
        .filter((error) => isOf(names[index] ?? '', error))
        .map((error) => error.slice(error.indexOf(names[index] ?? '')))
        .join(''),
    ]);
    return Object.fromEntries(said) as Record<Name, string>;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The errors in what the compiler wrote, one each: what explains an error is indented. */
export const splitErrors = (said: string): readonly string[] => (said === '' ? [] : said.split(/^(?=\S)/m));

const isOf = (name: string, error: string): boolean => new RegExp(`^(?:\\S*/)?${name}\\(\\d`).test(error);

/** In a tier, the types of the build, which are what users have; otherwise those of the sources. */
const packageTypes = (entry: string): string =>
  process.env['TEST_BUILD'] === 'dist'
    ? join(ROOT, 'dist', 'cjs', `${entry}.d.ts`)
    : join(ROOT, 'lib', `${entry}.ts`);

function configOf(files: readonly string[], expressTypes: 4 | 5): object {
  const express = join(ROOT, 'node_modules', '@types', expressTypes === 4 ? 'express4' : 'express');
  return {
    extends: join(ROOT, 'tsconfig.json'),
    compilerOptions: {
      types: ['node'],
      typeRoots: [join(ROOT, 'node_modules', '@types')],
      module: 'esnext',
      moduleResolution: 'bundler',
      paths: {
        express: [express],
        'express-api-keys': [packageTypes('index')],
        'express-api-keys/page': [join(ROOT, 'dist', 'page', 'element.d.ts')],
        'express-api-keys/*': [packageTypes('*/index')],
      },
    },
    include: [],
    files,
  };
}
