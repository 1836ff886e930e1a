import type { ResolvedLimitsOption } from '../options/limits-option.js';
import { createMemoryRateLimiter } from '../memory/memory-rate-limiter.js';
import type { Keyspaces } from '../domain/keyspaces.js';
import type { Clock } from '../ports/clock.js';
import type { KeyStore } from '../ports/key-store.js';
import type { Logger } from '../ports/logger.js';
import type { RateLimiter } from '../ports/rate-limiter.js';
import { createRedisRateLimiter } from '../redis/redis-rate-limiter.js';
import { createConsumeLimits } from '../verify/consume-limits.js';
import { createLimitCounting, type LimitCounting, type LimitCountingMode } from '../verify/limit-counting.js';
import { createLimitPlans } from '../verify/limit-plan.js';
import type { VerifyPorts } from '../verify/verify-api-key.js';
import type { SharedRedis } from './create-shared-redis.js';

/** Limits and credits of a running instance. */
export interface RunningLimits extends Pick<VerifyPorts, 'getLimitPlan' | 'consumeLimits'> {
  /** Counts what is bounded whether or not a key has limits: while Redis is unreachable, in each process. */
  readonly alwaysCounting: LimitCounting;
  readonly mode: () => LimitCountingMode;
}

/** What counting requests needs. */
export interface StartLimitsParts {
  readonly clock: Clock;
  readonly keyspaces: Pick<Keyspaces, 'native'>;
  /** `null`: no Redis, so every process counts separately. */
  readonly redis: SharedRedis | null;
  readonly store: Pick<KeyStore, 'credits'>;
  readonly logger: Logger;
}

/** Sets up rate limits and credits. */
export function startLimits(
  { onOutage }: Pick<ResolvedLimitsOption, 'onOutage'>,
  parts: StartLimitsParts,
): RunningLimits {
  const { clock, redis, store, logger } = parts;
  const shared = redis === null ? null : createSharedLimiter(redis, logger);
  const own = createMemoryRateLimiter(clock);
  const counting = createLimitCounting(shared, own, onOutage);
  return {
    alwaysCounting: createLimitCounting(shared, own, 'per-process'),
    getLimitPlan: createLimitPlans(parts.keyspaces.native.plans),
    consumeLimits: createConsumeLimits({ counting, credits: store.credits, clock }),
    mode: () => counting.mode(),
  };
}

function createSharedLimiter({ connection, keyPrefix }: SharedRedis, logger: Logger): RateLimiter {
  return createRedisRateLimiter({ redis: connection, keyPrefix, logger });
}
