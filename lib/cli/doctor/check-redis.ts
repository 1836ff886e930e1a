import type { Check } from './examined-setup.js';
import type { Finding } from './finding.js';

const see = 'docs/production/redis.md';

/** Whether Redis responds, and takes writes. */
export const checkRedis: Check = ({ facts }) => {
  const redis = facts?.redis;
  if (redis === null || redis === undefined) return [];
  if (redis.error !== null) {
    return [
      {
        id: 'redis-unreachable',
        severity: 'error',
        problem: `Redis does not respond (${redis.error}).`,
        why: 'Each process counts rate limits by itself, so more is allowed in total; signed requests are answered with 503; the database is read more often.',
        remedy: 'Bring Redis back, or correct the option redis.',
        see: `${see}#errors-and-log-messages`,
      },
    ];
  }
  const findings: Finding[] = [];
  if (redis.isReplica) {
    findings.push({
      id: 'redis-replica',
      severity: 'error',
      problem: 'This Redis is a replica.',
      why: 'It takes no writes: nothing is cached, and limits are not counted together.',
      remedy: 'Connect to the primary; for Sentinel, hand in a client that follows it.',
      see: `${see}#sentinel`,
    });
  }
  if (redis.isSavingBroken) {
    findings.push({
      id: 'redis-saving-fails',
      severity: 'error',
      problem: 'The last attempt of Redis to save to its disk has failed.',
      why: 'By default Redis then refuses all writes (MISCONF): nothing is cached, and limits are not counted together.',
      remedy:
        'Look at the log of Redis, usually for a full disk; or switch saving off, which this package does not need.',
      see,
    });
  }
  return findings;
};
