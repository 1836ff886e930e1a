import { compareVersions } from './compare-versions.js';
import { supportedPackages } from './supported-versions.js';
import type { Check } from './examined-setup.js';

/** The versions of the packages beside the app. */
export const checkPackages: Check = ({ packages }) =>
  packages.flatMap(({ name, version }) => {
    const ranges = supportedPackages[name] ?? [];
    const isSupported = ranges.some(
      ([from, below]) =>
        version === null || (compareVersions(version, from) >= 0 && compareVersions(version, below) < 0),
    );
    if (isSupported) return [];
    const wanted = ranges.map(([from, below]) => `from ${from}, below ${below}`).join(', or ');
    return [
      {
        id: 'package-unsupported',
        severity: 'warning',
        problem: `${name} ${version} is installed; supported is ${wanted}.`,
        why: 'It is tested with no other one.',
        remedy: `npm install ${name}@${ranges.at(-1)?.[0].split('.')[0] === '0' ? ranges.at(-1)?.[0] : `^${ranges.at(-1)?.[0]}`}`,
        see: 'README.md',
      },
    ];
  });
