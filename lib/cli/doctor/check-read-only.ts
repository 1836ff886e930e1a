import type { Check } from './examined-setup.js';

/** Whether the server is the primary. */
export const checkReadOnly: Check = ({ facts }) =>
  facts?.database?.isReadOnly === true
    ? [
        {
          id: 'database-read-only',
          severity: 'error',
          problem: 'The database server takes no changes: it is a replica, or read-only for this user.',
          why: 'Without heartbeats that are committed nothing is trusted, so every request gets 503.',
          remedy: 'Connect to the primary, and leave default_transaction_read_only off for this user.',
          see: 'docs/production/postgresql.md#failover',
        },
      ]
    : [];
