/** Where a worker finds bcryptjs. */
export interface BcryptjsLocation {
  /** The absolute path of its CommonJS file. */
  readonly path: string;
  /** The resolver of Yarn's Plug'n'Play, which a worker has to load before it can read that file; `null` without it. */
  readonly plugAndPlay: string | null;
}

/**
 * Finds the CommonJS file of bcryptjs, which a worker can `require` by its path. It is resolved from this file, whose own name
 * has to be determined differently in the two builds, in tests and in a bundle.
 *
 * `createRequire` is not imported, for the reasons of `loadDriver`.
 *
 * @returns `null` when bcryptjs is not installed beside the running code (it was bundled)
 */
export function locateBcryptjs(): BcryptjsLocation | null {
  const { createRequire } = process.getBuiltinModule('node:module');
  // A single executable loads from a folder node_modules beside itself.
  const startingPoints = [getOwnPathInCommonJs(), findOwnPathInStack(), process.argv[1], process.execPath];
  for (const path of startingPoints) {
    if (path === undefined) continue;
    try {
      const { resolve } = createRequire(path);
      const hasPlugAndPlay = process.versions['pnp'] !== undefined;
      return { path: resolve('bcryptjs'), plugAndPlay: hasPlugAndPlay ? resolve('pnpapi') : null };
    } catch {
      // Not resolvable from there; the next starting point may be elsewhere.
    }
  }
  return null;
}

/**
 * The CommonJS build, jest, and bundles in CommonJS have `__filename`. In a module, webpack takes for granted that it is a string
 * and leaves it undefined all the same.
 */
function getOwnPathInCommonJs(): string | undefined {
  try {
    return typeof __filename === 'string' ? __filename : undefined;
  } catch {
    return undefined;
  }
}

/** `import.meta.url` must not occur in the CommonJS build; a stack trace contains the URL of an ES module as well. */
function findOwnPathInStack(): string | undefined {
  const [, url] = /(file:\/\/\/[^\s()]+?):\d+:\d+/.exec(new Error().stack ?? '') ?? [];
  return url;
}
