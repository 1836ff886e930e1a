import type { ResolvedLimitsOption } from '../options/limits-option.js';
import { createMemoryRateLimiter } from '../memory/memory-rate-limiter.js';
import type { Clock } from '../ports/clock.js';
import type { KeyStore } from '../ports/key-store.js';
import type { Logger } from '../ports/logger.js';
import type { ManagedRedis } from '../redis/managed-redis.js';
import { createRedisRateLimiter } from '../redis/redis-rate-limiter.js';
import { createConsumeLimits } from '../verify/consume-limits.js';
import { createLimitCounting, type LimitCounting, type LimitCountingMode } from '../verify/limit-counting.js';
import { createLimitPlans } from '../verify/limit-plan.js';
import type { VerifyPorts } from '../verify/verify-api-key.js';

/** Limits and credits of a running instance. */
export interface RunningLimits extends Pick<VerifyPorts, 'getLimitPlan' | 'consumeLimits'> {
  /** Counts what is bounded whether or not a key has limits: when Redis is down, in each process. */
  readonly alwaysCounting: LimitCounting;
  readonly mode: () => LimitCountingMode;
}

/** What counting requests is made from. */
export interface StartLimitsParts {
  readonly limits: ResolvedLimitsOption;
  readonly clock: Clock;
  /** `null` when there is no Redis: every process counts for itself. */
  readonly redis: ManagedRedis | null;
  readonly keyPrefix?: string | undefined;
  readonly store: Pick<KeyStore, 'credits'>;
  readonly logger: Logger;
}

/** Puts limits together; nothing is counted yet. */
export function startLimits(parts: StartLimitsParts): RunningLimits {
  const { limits, clock, redis, keyPrefix, store, logger } = parts;
  const shared = redis === null ? null : createRedisRateLimiter({ redis, keyPrefix, logger });
  const own = createMemoryRateLimiter(clock);
  const counting = createLimitCounting(shared, own, limits.onOutage);
  return {
    alwaysCounting: createLimitCounting(shared, own, 'per-process'),
    getLimitPlan: createLimitPlans(limits.perOwner),
    consumeLimits: createConsumeLimits({ counting, credits: store.credits, clock }),
    mode: () => counting.mode(),
  };
}
