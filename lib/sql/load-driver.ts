import * as nodePath from 'node:path';
import { InvalidOptionError } from '../errors.js';
import { getErrorCode } from '../domain/error-code.js';

/**
 * Loads a database driver, an optional peer dependency, when it is needed.
 *
 * First from this file. The name is an argument, so bundlers leave the import alone and resolve it when the bundle
 * runs; in the CommonJS build (and under jest in CommonJS mode) the compiler makes a `require()` of it. Then from the
 * app: package managers with isolated folders, linked packages and bundles (in which `require` may be gone) put the
 * driver where only the app can resolve it. `createRequire` is not imported for that: webpack would take its calls for
 * ones that it has to resolve, and in a bundle of esbuild the import collides with that of the customary banner.
 *
 * @throws InvalidOptionError that names the install command
 */
export async function loadDriver(name: string, needed: string): Promise<unknown> {
  const causes: unknown[] = [];
  for (const load of [
    () => import(/* webpackIgnore: true */ name) as Promise<unknown>,
    ...listAppPaths().map((path) => loadFrom(path, name)),
  ]) {
    try {
      return getDefaultExport(await load());
    } catch (error) {
      causes.push(error);
    }
  }
  throw new InvalidOptionError(
    `${needed} needs the package ${name}, which could not be loaded. ${describeCure(name)}`,
    {
      // The error of a driver that exists but is broken is more useful than "not found".
      cause: causes.find((cause) => !isNotFound(cause)) ?? causes[0],
    },
  );
}

/** Where the package has to be, which depends on how the app was put together. */
function describeCure(name: string): string {
  if (isSingleExecutable()) {
    return (
      `A single executable loads it from a folder node_modules beside itself: ` +
      `run npm install ${name} in ${nodePath.dirname(process.execPath)}`
    );
  }
  if (process.versions['pnp'] !== undefined) {
    return `Add it to the dependencies of your app, and run the app with Plug'n'Play: yarn add ${name}, then yarn node`;
  }
  return (
    `Install it beside your app: npm install ${name}. In a bundle, leave it out (mark ${name} as external), ` +
    `and deploy it in node_modules beside the bundle`
  );
}

/** Whether this process is a single executable application (Node.js with the app inside), which can `require` no files. */
function isSingleExecutable(): boolean {
  return process.getBuiltinModule('node:sea')?.isSea() ?? false;
}

/** Paths of the app to resolve from: its main script, and its working directory. */
function listAppPaths(): readonly string[] {
  const workingDirectory = nodePath.join(process.cwd(), 'package.json');
  const script = process.argv[1];
  return script === undefined ? [workingDirectory] : [script, workingDirectory];
}

function loadFrom(path: string, name: string): () => Promise<unknown> {
  return async () => process.getBuiltinModule('node:module').createRequire(path)(name) as unknown;
}

/** Returns `module.exports`, whether it was loaded with `import()` or `require()`. */
function getDefaultExport(loaded: unknown): unknown {
  const hasDefault = typeof loaded === 'object' && loaded !== null && 'default' in loaded;
  return hasDefault ? loaded.default : loaded;
}

function isNotFound(error: unknown): boolean {
  return ['MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND'].includes(getErrorCode(error) ?? '');
}
