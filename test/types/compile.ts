import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const TSC = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');

/**
 * What the compiler says about an app in one file, empty when it has nothing to say: as the app of somebody who uses this
 * package, with its own choice of the types of Express.
 *
 * @param source - the text of the file, or the path of a file in this folder
 */
export function compile(
  source: { readonly text: string } | { readonly file: string },
  { expressTypes = 5 }: { readonly expressTypes?: 4 | 5 } = {},
): string {
  const folder = mkdtempSync(join(tmpdir(), 'express-api-keys-types-'));
  try {
    const path = 'file' in source ? join(__dirname, source.file) : join(folder, 'app.ts');
    if ('text' in source) writeFileSync(path, source.text);
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(configOf(path, expressTypes)));
    const { stdout, stderr } = spawnSync(process.execPath, [TSC, '-p', folder, '--pretty', 'false'], {
      cwd: folder,
      encoding: 'utf8',
    });
    return stdout + stderr;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function configOf(path: string, expressTypes: 4 | 5): object {
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
        'express-api-keys': [join(ROOT, 'lib', 'index.ts')],
        'express-api-keys/page': [join(ROOT, 'dist', 'page', 'element.d.ts')],
        'express-api-keys/*': [join(ROOT, 'lib', '*', 'index.ts')],
      },
    },
    include: [],
    files: [path],
  };
}
