import type { Check } from './examined-setup.js';

/** Whether a failover is noticed. */
export const checkFailover: Check = ({ facts }) =>
  facts?.database?.noticesFailovers === false
    ? [
        {
          id: 'failover-not-noticed',
          severity: 'warning',
          problem: 'The database does not tell which server it is: its timeline cannot be read.',
          why: 'After a failover to a standby that lagged behind, a revocation may be answered with 200 while a process that the standby did not know of still accepts the key, for as long as its cache.leaseSeconds.',
          remedy:
            'GRANT EXECUTE ON FUNCTION pg_control_system(), pg_current_wal_lsn(), pg_walfile_name(pg_lsn) to this user where the provider allows it; else replicate synchronously.',
          see: 'docs/production/postgresql.md#failover',
        },
      ]
    : [];
