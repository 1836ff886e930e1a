import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const repository: string = join(__dirname, '..', '..');

/** The example app, compiled, beside a compiled package: what `npm start` runs, in a folder of its own. */
export interface BuiltApp {
  /** Holds `example-app/dist` and a `node_modules` with the compiled package. */
  readonly folder: string;
  remove(): void;
}

/** Puts the compiled package and app into a temporary folder, so that no other run is disturbed. */
export function buildApp(): BuiltApp {
  const folder = mkdtempSync(join(tmpdir(), 'express-api-keys-app-'));
  const packageFolder = join(folder, 'node_modules', 'express-api-keys');
  const appFolder = join(folder, 'example-app');
  mkdirSync(packageFolder, { recursive: true });
  mkdirSync(join(folder, 'test'));
  for (const name of readdirSync(join(repository, 'node_modules'))) {
    if (['express-api-keys', 'example-app', '.cache', '.bin'].includes(name)) continue;
    symlinkSync(join(repository, 'node_modules', name), join(folder, 'node_modules', name));
  }
  cpSync(join(repository, 'package.json'), join(packageFolder, 'package.json'));
  putPackage('esm', join(packageFolder, 'dist', 'esm'));
  cpSync(join(repository, 'dist', 'page'), join(packageFolder, 'dist', 'page'), { recursive: true });

  symlinkSync(join(repository, 'test', 'servers'), join(folder, 'test', 'servers'));
  for (const name of ['package.json', 'start-with-redis.mjs']) {
    cpSync(join(repository, 'example-app', name), join(appFolder, name));
  }
  putExampleApp(join(appFolder, 'dist'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/**
 * Puts one build of the package into a folder: that of the run, if it has built, else one that is made now. What both builds share is put
 * beside that folder.
 */
export function putPackage(format: 'esm' | 'cjs', folder: string): void {
  if (process.env['TEST_BUILD'] === undefined) {
    execFileSync(process.execPath, [join(repository, 'build.mjs'), format, folder]);
  } else {
    cpSync(join(repository, 'dist', format), folder, { recursive: true });
    cpSync(join(repository, 'dist', 'parts'), join(folder, '..', 'parts'), { recursive: true });
  }
}

function putExampleApp(folder: string): void {
  const app = join(repository, 'example-app');
  if (process.env['TEST_BUILD'] !== undefined) return cpSync(join(app, 'dist'), folder, { recursive: true });
  const tsc = join(repository, 'node_modules', 'typescript', 'bin', 'tsc');
  // Types are looked at by `npm run typecheck`; here only JavaScript is wanted.
  execFileSync(process.execPath, [
    tsc,
    '-p',
    join(app, 'tsconfig.build.json'),
    '--outDir',
    folder,
    '--noCheck',
  ]);
}
