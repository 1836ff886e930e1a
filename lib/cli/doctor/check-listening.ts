import type { Check } from './examined-setup.js';

/** Whether PostgreSQL notifies this process of changes. */
export const checkListening: Check = ({ facts }) =>
  facts?.database?.kind === 'postgres' && facts.status.ready && facts.status.wakeMode === 'poll'
    ? [
        {
          id: 'no-notifications',
          severity: 'warning',
          problem: 'LISTEN does not work on this connection, so the process polls ten times a second.',
          why: 'There is a transaction pooler in between, or the pool does not show how it connects. Changes arrive up to a tenth of a second later, and the database has more work.',
          remedy: 'Connect directly, or to a pooler in session mode.',
          see: 'docs/production/behind-a-proxy.md#pgbouncer',
        },
      ]
    : [];
