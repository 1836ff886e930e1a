import { compareVersions } from './compare-versions.js';
import { oldestNode } from './supported-versions.js';
import type { Check } from './examined-setup.js';

/** The version of Node.js. */
export const checkNode: Check = ({ nodeVersion }) =>
  compareVersions(nodeVersion, oldestNode) >= 0
    ? []
    : [
        {
          id: 'node-too-old',
          severity: 'error',
          problem: `This is Node.js ${nodeVersion}; express-api-keys needs ${oldestNode} or newer.`,
          why: 'It is tested on no older one.',
          remedy: 'Upgrade Node.js.',
          see: 'README.md',
        },
      ];
