import { checkClock } from './check-clock.js';
import { checkDatabase } from './check-database.js';
import { checkDurability } from './check-durability.js';
import { checkEnvironment } from './check-environment.js';
import { checkFailover } from './check-failover.js';
import { checkFile } from './check-file.js';
import { checkLimits } from './check-limits.js';
import { checkListening } from './check-listening.js';
import { checkLogged } from './check-logged.js';
import { checkMigrations } from './check-migrations.js';
import { checkNode } from './check-node.js';
import { checkOptions } from './check-options.js';
import { checkPackages } from './check-packages.js';
import { checkPepper } from './check-pepper.js';
import { checkProcesses } from './check-processes.js';
import { checkProxies } from './check-proxies.js';
import { checkReadOnly } from './check-read-only.js';
import { checkRedis } from './check-redis.js';
import { checkRedisLatency } from './check-redis-latency.js';
import { checkRedisMemory } from './check-redis-memory.js';
import { checkRedisRights } from './check-redis-rights.js';
import { checkRights } from './check-rights.js';
import { checkTrustProxy } from './check-trust-proxy.js';
import type { Check } from './examined-setup.js';

/** Every check of `api-keys doctor`, in the order of its report. */
export const checks: readonly Check[] = [
  ...[checkOptions, checkPepper],
  ...[
    checkDatabase,
    checkMigrations,
    checkRights,
    checkReadOnly,
    checkDurability,
    checkFailover,
    checkClock,
    checkListening,
    checkFile,
  ],
  ...[checkRedis, checkRedisRights, checkRedisMemory, checkRedisLatency],
  ...[checkProcesses, checkLimits, checkLogged],
  ...[checkProxies, checkTrustProxy, checkEnvironment, checkNode, checkPackages],
];
