import type { Check } from './examined-setup.js';
import type { Finding } from './finding.js';

const see = 'docs/production/pepper.md';

/** The pepper against what the keys of the database were made with. */
export const checkPepper: Check = ({ facts }) => {
  const findings: Finding[] = [];
  const { sampled, known } = facts?.database?.digests ?? { sampled: 0, known: 0 };
  if (sampled > 0 && known === 0) {
    findings.push({
      id: 'pepper-differs',
      severity: 'error',
      problem: `None of the ${sampled} secrets that were looked at was made with this pepper.`,
      why: 'Every key needs a slow hash at its first use, keys that sign requests do not work, and the audit log cannot be verified.',
      remedy:
        'Use the pepper that the other processes have. If it was replaced, name both: pepper: [new, old].',
      see,
    });
  } else if (known < sampled) {
    findings.push({
      id: 'pepper-missing-earlier',
      severity: 'warning',
      problem: `${sampled - known} of the ${sampled} secrets that were looked at were made with a pepper that is not configured.`,
      why: 'These keys need a slow hash at their next use, and those of them that sign requests do not work.',
      remedy: 'Add the earlier pepper to the list: pepper: [current, earlier].',
      see,
    });
  }
  return findings;
};
