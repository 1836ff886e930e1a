import type { Check } from './examined-setup.js';

/** `NODE_ENV`. */
export const checkEnvironment: Check = ({ nodeEnvironment }) =>
  nodeEnvironment === 'production'
    ? []
    : [
        {
          id: 'node-env',
          severity: 'warning',
          problem: `NODE_ENV is ${nodeEnvironment === undefined ? 'not set' : 'not production'}.`,
          why: 'A pepper and a database are then made when none is given, and Express sends stack traces to callers.',
          remedy: 'Where this is production: NODE_ENV=production, for the app and for this command.',
          see: 'docs/production/checklist.md',
        },
      ];
