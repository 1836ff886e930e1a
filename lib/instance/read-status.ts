import type { LimitCountingMode } from '../verify/limit-counting.js';
import type { Running } from './running.js';

/** The state of an instance, for readiness probes and monitoring. */
export interface ApiKeysStatus {
  /** `true` from the end of `ready()` until `close()`. */
  readonly ready: boolean;
  /**
   * `degraded`: requests are answered, but more slowly or not for all keys, because something is `down`; or rate limits are
   * not counted in the Redis that is configured.
   */
  readonly state: 'not_ready' | 'normal' | 'degraded';
  /** `down`: it has not responded for longer than `cache.leaseSeconds`, so that cached keys are refused with 503. */
  readonly database: 'up' | 'down';
  /** `none`: not configured. `down`: keys that this process has not cached are read from the database. */
  readonly redis: 'up' | 'down' | 'none';
  /** How changes by other processes arrive: `push` at once, `poll` by queries several times a second. */
  readonly wakeMode: 'push' | 'poll' | 'none';
  /** The number of keys that this process caches. */
  readonly cachedKeys: number;
  /**
   * Where requests with limited keys are counted: `shared` for all processes together; `split` while other processes on the
   * same database count in another Redis or in none; `process` in each process separately; `refused` while they are answered
   * with 503, because Redis is unreachable and `limits.onOutage` is `deny`.
   */
  readonly limits: LimitCountingMode;
}

const notReady = {
  ready: false,
  state: 'not_ready',
  database: 'down',
  wakeMode: 'none',
  cachedKeys: 0,
  limits: 'process',
} as const;

/**
 * Returns the current state without I/O.
 *
 * @param running - `null` before the instance is ready, and after it was closed
 */
export function readStatus(running: Pick<Running, 'health'> | null, hasRedis: boolean): ApiKeysStatus {
  if (running === null) return { ...notReady, redis: hasRedis ? 'down' : 'none' };
  const health = running.health();
  const countsAsConfigured = health.redis === 'none' || (health.redis === 'up' && health.limits === 'shared');
  const isNormal = health.database === 'up' && countsAsConfigured;
  return { ready: true, state: isNormal ? 'normal' : 'degraded', ...health };
}
