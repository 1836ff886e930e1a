import type { InstanceStatus } from '../domain/api-keys-status.js';
import type { Running } from './running.js';

const notReady = {
  ready: false,
  state: 'not_ready',
  database: 'down',
  quiet: false,
  wakeMode: 'none',
  processes: 0,
  lagMs: null,
  others: [],
  cachedKeys: 0,
  limits: 'process',
} as const;

/**
 * Returns the current state without I/O.
 *
 * @param running - `null` before the instance is ready, and after it was closed
 */
export function readStatus(running: Pick<Running, 'health'> | null, hasRedis: boolean): InstanceStatus {
  if (running === null) return { ...notReady, redis: hasRedis ? 'down' : 'none' };
  const health = running.health();
  const countsAsConfigured = health.redis === 'none' || (health.redis === 'up' && health.limits === 'shared');
  const isNormal = health.database === 'up' && countsAsConfigured;
  return { ready: true, state: isNormal ? 'normal' : 'degraded', ...health };
}
