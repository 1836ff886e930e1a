import type { Pepper } from '../crypto/peppers.js';
import { createSecretSealer } from '../crypto/secret-sealer.js';
import type { Clock } from '../ports/clock.js';
import type { KeyStore } from '../ports/key-store.js';
import type { Logger } from '../ports/logger.js';
import { createRedisReplayGuard } from '../redis/redis-replay-guard.js';
import type { ResolvedSignaturesOption } from '../options/signatures-option.js';
import { createPlacedReplayGuard } from '../signatures/placed-replay-guard.js';
import { createStoreReplayGuard } from '../signatures/store-replay-guard.js';
import {
  createSignedRequestVerifier,
  type SignedRequestVerifier,
} from '../signatures/verify-signed-request.js';
import type { FailureLimits } from '../verify/try-within-budget.js';
import type { VerifyPorts } from '../verify/verify-api-key.js';
import type { KeyAccess } from './create-key-access.js';
import type { SharedRedis } from './create-shared-redis.js';

/** Signed requests of a running instance. */
export interface RunningSignatures {
  readonly verifier: SignedRequestVerifier;
  readonly close: () => void;
}

/** What verifying signed requests needs. */
export interface StartSignaturesParts {
  readonly peppers: readonly [Pepper, ...Pepper[]];
  readonly store: KeyStore;
  /** Opened; `null`: no Redis. */
  readonly redis: SharedRedis | null;
  readonly keyAccess: Pick<KeyAccess, 'places' | 'lease'>;
  readonly verify: VerifyPorts;
  /** `null`: failures are not limited. */
  readonly failures: FailureLimits | null;
  readonly logger: Logger;
}

/** Sets up signed requests, and starts to record used signatures in Redis. */
export function startSignatures(
  { profile }: ResolvedSignaturesOption,
  parts: StartSignaturesParts,
): RunningSignatures {
  const { peppers, store, redis, keyAccess, verify, failures, logger } = parts;
  const { skewMs } = profile;
  const shared = redis === null ? null : createSharedReplayGuard(redis, skewMs, verify.clock, logger);
  shared?.open();
  const replays = createPlacedReplayGuard({
    replays: shared ?? createStoreReplayGuard(store.nonces, skewMs, logger),
    place: keyAccess.places,
    lease: keyAccess.lease,
    skewMs,
  });
  const sealer = createSecretSealer(peppers);
  return {
    verifier: createSignedRequestVerifier({ ...verify, failures, replays, profile, sealer }),
    close: () => shared?.close(),
  };
}

function createSharedReplayGuard(
  { connection, keyPrefix }: SharedRedis,
  skewMs: number,
  clock: Clock,
  logger: Logger,
): ReturnType<typeof createRedisReplayGuard> {
  return createRedisReplayGuard({ redis: connection, keyPrefix, skewMs, clock, logger });
}
