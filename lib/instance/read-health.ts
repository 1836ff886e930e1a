import type { SharedPlaces } from '../feed/shared-places.js';
import type { LimitCountingMode } from '../verify/limit-counting.js';
import type { KeyAccess } from './create-key-access.js';
import type { SharedRedis } from './create-shared-redis.js';
import type { RunningHealth } from './running.js';
import type { RunningLimits } from './start-limits.js';

/** What is read. */
export interface HealthParts {
  readonly keyAccess: KeyAccess;
  readonly redis: SharedRedis | null;
  readonly limits: RunningLimits;
}

/** Returns the current state without I/O. */
export function readHealth({ keyAccess, redis, limits }: HealthParts): RunningHealth {
  const { lease, local, following, places } = keyAccess;
  const quiet = following.isQuiet();
  return {
    // A quiet process has no lease and needs none.
    database: quiet || lease.isHeld() ? 'up' : 'down',
    quiet,
    redis: redis === null ? 'none' : redis.cache.status(),
    wakeMode: following.wakeMode(),
    processes: quiet ? 0 : places.countProcesses(),
    lagMs: lease.ageMs(),
    others: following.others(),
    cachedKeys: local?.size ?? 0,
    limits: readCountingMode(limits.mode(), places),
  };
}

/** Shared counters are split while other processes count somewhere else. */
function readCountingMode(mode: LimitCountingMode, places: SharedPlaces): LimitCountingMode {
  return mode === 'shared' && places.isSplit() ? 'split' : mode;
}
