import type { Check } from './examined-setup.js';

/** Slower reads are worth a look, in milliseconds. */
const slowMs = 20;

/** How fast Redis is. */
export const checkRedisLatency: Check = ({ facts }) => {
  const latencyMs = facts?.redis?.latencyMs ?? 0;
  if (latencyMs < slowMs) return [];
  return [
    {
      id: 'redis-slow',
      severity: 'warning',
      problem: `A read of Redis takes ${Math.round(latencyMs)} ms.`,
      why: 'Every request with a limited key waits that long, and from 200 ms on Redis counts as down.',
      remedy:
        'Use a Redis in the same network as the app, and look for slow commands of others: SLOWLOG GET.',
      see: 'docs/production/redis.md',
    },
  ];
};
