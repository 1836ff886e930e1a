import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { InstalledPackage } from './examined-setup.js';
import { supportedPackages } from './supported-versions.js';

/** Finds the packages that are optional beside an app, as Node.js would from this folder. */
export function listPackages(folder: string): readonly InstalledPackage[] {
  return Object.keys(supportedPackages).map((name) => ({ name, version: findVersion(folder, name) }));
}

function findVersion(folder: string, name: string): string | null {
  try {
    const manifest = readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8');
    const { version } = JSON.parse(manifest) as { readonly version?: unknown };
    return typeof version === 'string' ? version : null;
  } catch {
    const above = dirname(folder);
    return above === folder ? null : findVersion(above, name);
  }
}
