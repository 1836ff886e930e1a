import type { Check } from './examined-setup.js';

/** What the database user may do. */
export const checkRights: Check = ({ facts }) => {
  const grants = facts?.database?.missingGrants ?? [];
  if (grants.length === 0) return [];
  return [
    {
      id: 'database-rights',
      severity: 'error',
      problem: 'The database user lacks privileges.',
      why: 'What needs them is answered with 503.',
      remedy: `As the owner of the tables: ${grants.join(' ')}`,
      see: 'docs/production/postgresql.md#roles-and-grants',
    },
  ];
};
