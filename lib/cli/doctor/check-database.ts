import type { Check } from './examined-setup.js';

/** Whether the database can be used at all. */
export const checkDatabase: Check = ({ facts }) => {
  if (facts === null) return [];
  const { database, startError } = facts;
  const error = database?.error ?? startError;
  // Rights, a file and tables have checks of their own, which say more.
  const isExplained =
    database !== null &&
    (database.missingGrants.length > 0 ||
      database.isReadOnly ||
      (database.file !== null && database.file.notWritable !== null));
  if (error === null || isExplained) return [];
  const isPepper = /\bpepper\b/i.test(error);
  return [
    {
      id: isPepper ? 'pepper-invalid' : 'database-unusable',
      severity: 'error',
      problem: error,
      why: 'The instance does not become ready: guards and routers answer 503.',
      remedy: 'Do what the message says. The variables of the environment have to be those that the app has.',
      see: isPepper ? 'docs/production/pepper.md' : 'docs/production/postgresql.md',
    },
  ];
};
