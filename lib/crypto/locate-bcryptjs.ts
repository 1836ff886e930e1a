import { createRequire } from 'node:module';

/**
 * Finds the CommonJS file of bcryptjs, which a worker can `require` by its path. It is resolved from this file, whose own name
 * has to be determined differently in the two builds, in tests and in a bundle.
 *
 * @returns the absolute path, or `null` when bcryptjs is not installed beside the running code (it was bundled)
 */
export function locateBcryptjs(): string | null {
  const startingPoints = [getOwnPathInCommonJs(), findOwnPathInStack(), process.argv[1]];
  for (const path of startingPoints) {
    if (path === undefined) continue;
    try {
      return createRequire(path).resolve('bcryptjs');
    } catch {
      // Not resolvable from there; the next starting point may be elsewhere.
    }
  }
  return null;
}

/** The CommonJS build, jest, and bundles in CommonJS have `__filename`. */
function getOwnPathInCommonJs(): string | undefined {
  return typeof __filename === 'string' ? __filename : undefined;
}

/** `import.meta.url` must not occur in the CommonJS build; a stack trace contains the URL of an ES module as well. */
function findOwnPathInStack(): string | undefined {
  const [, url] = /(file:\/\/\/[^\s()]+?):\d+:\d+/.exec(new Error().stack ?? '') ?? [];
  return url;
}
