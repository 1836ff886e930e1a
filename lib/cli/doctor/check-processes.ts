import type { Check } from './examined-setup.js';
import type { Finding } from './finding.js';

/** The share of a lease after which a process is silent: it beats four times in one. */
const silentShare = 0.6;
const see = 'docs/production/several-processes.md';

/** The other processes on the database. */
export const checkProcesses: Check = ({ facts }) => {
  if (facts === null) return [];
  const leaseMs = Math.max(facts.leaseSeconds * 1_000, facts.database?.processes?.longestLeaseMs ?? 0);
  const { others } = facts.status;
  const silent = others.filter(({ silentMs }) => silentMs > leaseMs * silentShare);
  const behind = others.filter((each) => each.changesBehind > 0 && !silent.includes(each));
  const findings: Finding[] = [];
  if (silent.length > 0) {
    findings.push({
      id: 'process-silent',
      severity: 'warning',
      problem: `${silent.length} of ${others.length} other processes give no sign of life: ${listIds(silent)}.`,
      why: 'Until its lease is over, changes are answered with 202 in place of 200, because it may still use its caches.',
      remedy:
        'If it was killed, it is removed after its lease. If not, look for what blocks its event loop, or its way to the database.',
      see,
    });
  }
  if (behind.length > 0) {
    findings.push({
      id: 'process-behind',
      severity: 'warning',
      problem: `${behind.length} of ${others.length} other processes have not applied all changes: ${listIds(behind)}.`,
      why: 'Changes are answered with 202 in place of 200 as long as it lags behind.',
      remedy: 'Look for what blocks its event loop, or its way to the database.',
      see,
    });
  }
  return findings;
};

function listIds(processes: readonly { readonly id: string }[]): string {
  const shown = processes.slice(0, 5).map(({ id }) => id);
  return shown.length < processes.length ? `${shown.join(', ')}, …` : shown.join(', ');
}
