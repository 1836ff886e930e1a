import type { Check } from './examined-setup.js';
import type { Finding } from './finding.js';

/** A window of a quota, in seconds: its count is worth keeping over a restart. */
const quotaSeconds = 86_400;
const see = 'docs/production/redis.md#what-redis-holds-and-what-its-loss-means';

/** What Redis may forget. */
export const checkRedisMemory: Check = ({ facts }) => {
  const redis = facts?.redis;
  if (facts === null || redis === null || redis === undefined || redis.error !== null) return [];
  const findings: Finding[] = [];
  if (redis.evictionPolicy?.startsWith('allkeys-') === true) {
    findings.push({
      id: 'redis-evicts',
      severity: 'warning',
      problem: `Redis evicts any entry when its memory is full (maxmemory-policy ${redis.evictionPolicy}).`,
      why: 'Windows of rate limits that are evicted start over, and signed requests are refused with 503 for a while.',
      remedy: 'Set maxmemory-policy to noeviction or volatile-lru, or give Redis more memory.',
      see,
    });
  }
  if (!redis.isPersistent && facts.longestWindowSeconds >= quotaSeconds) {
    findings.push({
      id: 'redis-forgets-quotas',
      severity: 'warning',
      problem: 'Redis has saved nothing since it was started, and counts quotas of a day or more.',
      why: 'When it restarts, all of them start over: owners get more than their plan has.',
      remedy: 'Switch on persistence in Redis, best the append-only file: appendonly yes.',
      see,
    });
  }
  return findings;
};
