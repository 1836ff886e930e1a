import { createRequire } from 'node:module';
import { join } from 'node:path';
import { InvalidOptionError } from '../errors.js';
import { getErrorCode } from './error-code.js';

/**
 * Loads a database driver, an optional peer dependency, when it is needed.
 *
 * First from this file. The name is an argument, so bundlers leave the import alone and resolve it when the bundle
 * runs; in the CommonJS build (and under jest in CommonJS mode) the compiler makes a `require()` of it. Then from the
 * app: package managers with isolated folders, linked packages and bundles (in which `require` may be gone) put the
 * driver where only the app can resolve it.
 *
 * @throws InvalidOptionError that names the install command
 */
export async function loadDriver(name: string, needed: string): Promise<unknown> {
  const causes: unknown[] = [];
  for (const load of [
    () => import(name) as Promise<unknown>,
    ...listAppPaths().map((path) => loadFrom(path, name)),
  ]) {
    try {
      return getDefaultExport(await load());
    } catch (error) {
      causes.push(error);
    }
  }
  throw new InvalidOptionError(
    `${needed} needs the package ${name}, which could not be loaded. ` +
      `Install it beside your app: npm install ${name}`,
    {
      // The error of a driver that exists but is broken is more useful than "not found".
      cause: causes.find((cause) => !isNotFound(cause)) ?? causes[0],
    },
  );
}

/** Paths of the app to resolve from: its main script, and its working directory. */
function listAppPaths(): readonly string[] {
  const workingDirectory = join(process.cwd(), 'package.json');
  const script = process.argv[1];
  return script === undefined ? [workingDirectory] : [script, workingDirectory];
}

function loadFrom(path: string, name: string): () => Promise<unknown> {
  return async () => createRequire(path)(name) as unknown;
}

/** Returns `module.exports`, whether it was loaded with `import()` or `require()`. */
function getDefaultExport(loaded: unknown): unknown {
  const hasDefault = typeof loaded === 'object' && loaded !== null && 'default' in loaded;
  return hasDefault ? loaded.default : loaded;
}

function isNotFound(error: unknown): boolean {
  return ['MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND'].includes(getErrorCode(error) ?? '');
}
