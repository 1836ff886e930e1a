import type { Check } from './examined-setup.js';

/** Whether a commit lasts. */
export const checkCommits: Check = ({ facts }) =>
  facts?.database?.canLoseCommits === true
    ? [
        {
          id: 'commits-can-be-lost',
          severity: 'error',
          problem: 'synchronous_commit is off for this user.',
          why: 'After a crash of the server, a revocation that was answered with 200 may never have happened.',
          remedy: 'ALTER ROLE … RESET synchronous_commit, or set it to on.',
          see: 'docs/production/postgresql.md#two-primaries',
        },
      ]
    : [];
