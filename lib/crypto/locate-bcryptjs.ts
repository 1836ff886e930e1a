import { createRequire } from 'node:module';

/**
 * Finds the CommonJS file of bcryptjs, which a worker can `require` by its path. It is looked for from this file, and
 * the name of this file has to be found out differently in the two builds, in tests and in a bundle.
 *
 * @returns the absolute path, or `null` when bcryptjs is not installed beside the code that runs (it was bundled)
 */
export function locateBcryptjs(): string | null {
  const startingPoints = [getOwnPathInCommonJs(), findOwnPathInStack(), process.argv[1]];
  for (const path of startingPoints) {
    if (path === undefined) continue;
    try {
      return createRequire(path).resolve('bcryptjs');
    } catch {
      // Not reachable from there; the next one may be elsewhere.
    }
  }
  return null;
}

/** The CommonJS build, jest, and bundles in CommonJS have `__filename`. */
function getOwnPathInCommonJs(): string | undefined {
  return typeof __filename === 'string' ? __filename : undefined;
}

/** ES modules name their file in `import.meta.url`, which the CommonJS build must not mention; the stack tells it too. */
function findOwnPathInStack(): string | undefined {
  const [, url] = /(file:\/\/\/[^\s()]+?):\d+:\d+/.exec(new Error().stack ?? '') ?? [];
  return url;
}
