import { existsSync, readFileSync } from 'node:fs';
import nodePath from 'node:path';
import * as nodeUrl from 'node:url';
import { InvalidOptionError } from '../../errors.js';

const packageName = 'express-api-keys';

/**
 * Finds the script of the custom element, which is a file of the package and no part of its code: browsers load it. It is searched
 * for from the running code upwards; in a bundle that is somewhere else, from where the app's modules are.
 *
 * @throws InvalidOptionError when the package is not installed beside the running code
 */
export function findElementFile(): string {
  const inWorkingFolder = nodePath.join(process.cwd(), 'package.json');
  const folder =
    findPackageAbove(getOwnPath()) ?? resolvePackage(process.argv[1]) ?? resolvePackage(inWorkingFolder);
  const file = folder === null ? null : nodePath.join(folder, 'dist', 'page', 'element.js');
  if (file !== null && existsSync(file)) return file;
  throw new InvalidOptionError(
    `adminRouter.page: the script of the page, dist/page/element.js of ${packageName}, was not found. Keep ${packageName} out of ` +
      'your bundle (external), so that its files are in node_modules at run time; or leave page out',
  );
}

/** `import.meta.url` must not occur in the CommonJS build, and a module has no `__filename`; its stack traces have its URL. */
function getOwnPath(): string | null {
  const inCommonJs = typeof __filename === 'string' ? __filename : null;
  if (inCommonJs !== null) return inCommonJs;
  const url = /file:\/\/\/[^\s()]+?(?=:\d+:\d+)/.exec(new Error().stack ?? '')?.[0];
  return url === undefined ? null : nodeUrl.fileURLToPath(url);
}

function findPackageAbove(path: string | null): string | null {
  if (path === null) return null;
  const folder = nodePath.dirname(path);
  if (readPackageName(folder) === packageName) return folder;
  return folder === path ? null : findPackageAbove(folder);
}

function readPackageName(folder: string): unknown {
  try {
    const text = readFileSync(nodePath.join(folder, 'package.json'), 'utf8');
    return (JSON.parse(text) as { readonly name?: unknown }).name;
  } catch {
    // No package begins in this folder.
    return undefined;
  }
}

/** `createRequire` is not imported: webpack would take its calls for its own. */
function resolvePackage(from: string | undefined): string | null {
  if (from === undefined) return null;
  try {
    const { createRequire } = process.getBuiltinModule('node:module');
    return nodePath.dirname(createRequire(from).resolve(`${packageName}/package.json`));
  } catch {
    return null;
  }
}
