import type { Check } from './examined-setup.js';

const see = 'docs/production/postgresql.md#migrations-and-upgrades';

/** The tables against those that this version of the package knows. */
export const checkMigrations: Check = ({ facts }) => {
  const schema = facts?.database?.schema;
  if (facts === null || schema === null || schema === undefined) return [];
  const { version, known, pending } = schema;
  if (version > known) {
    return [
      {
        id: 'tables-newer',
        severity: 'error',
        problem: `The tables are at version ${version}, and this version of express-api-keys knows ${known}.`,
        why: 'Old code could read a revoked key as a valid one, so it refuses to start.',
        remedy: 'Upgrade express-api-keys here, or name another database.',
        see,
      },
    ];
  }
  if (pending.length === 0) return [];
  return [
    {
      id: 'migrations-pending',
      severity: facts.appliesMigrations ? 'warning' : 'error',
      problem:
        version === 0
          ? 'There are no tables yet.'
          : `${pending.length} migrations are pending: ${pending.join(', ')}.`,
      why: facts.appliesMigrations
        ? 'The next start applies them. What needs the tables was not examined.'
        : "The app refuses to start, because of migrate: 'check'.",
      remedy: 'Apply them: api-keys migrate --app FILE, as the database user that owns the tables.',
      see,
    },
  ];
};
