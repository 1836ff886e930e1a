import type { Check } from './examined-setup.js';
import type { Finding } from './finding.js';

const see = 'docs/production/postgresql.md#durability';

/** Whether what the database has confirmed is still there, and whole, after a crash. */
export const checkDurability: Check = ({ facts }) => {
  const off = facts?.database?.durabilityOff ?? [];
  const findings: Finding[] = [];
  if (off.includes('synchronous_commit')) {
    findings.push({
      id: 'commits-can-be-lost',
      severity: 'warning',
      problem: 'synchronous_commit is off for this user.',
      why: 'Changes, credits and signatures are committed to disk all the same, with more round trips for credits. Counts of uses and rows of the access log can be lost in a crash of the server.',
      remedy: 'ALTER ROLE … RESET synchronous_commit, or set it to on.',
      see,
    });
  }
  if (off.includes('fsync')) {
    findings.push({
      id: 'fsync-off',
      severity: 'error',
      problem: 'fsync is off on the database server.',
      why: 'After a power cut, revocations that were answered with 200 may never have happened, and the tables may be damaged.',
      remedy: 'ALTER SYSTEM SET fsync = on; then SELECT pg_reload_conf();',
      see,
    });
  }
  if (off.includes('full_page_writes')) {
    findings.push({
      id: 'full-page-writes-off',
      severity: 'warning',
      problem: 'full_page_writes is off on the database server.',
      why: 'After a power cut, pages that were written in part can leave the tables damaged, unless the file system rules that out, as ZFS does.',
      remedy: 'ALTER SYSTEM SET full_page_writes = on; then SELECT pg_reload_conf();',
      see,
    });
  }
  return findings;
};
