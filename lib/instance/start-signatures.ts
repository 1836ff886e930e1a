import type { Pepper } from '../crypto/peppers.js';
import { createSecretSealer } from '../crypto/secret-sealer.js';
import type { Lease } from '../feed/lease.js';
import type { SharedPlaces } from '../feed/shared-places.js';
import type { KeyStore } from '../ports/key-store.js';
import type { Logger } from '../ports/logger.js';
import { defaultKeyPrefix, type ManagedRedis } from '../redis/managed-redis.js';
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

/** Signed requests of a running instance. */
export interface RunningSignatures {
  readonly verifier: SignedRequestVerifier;
  readonly close: () => void;
}

/** What checking signed requests is made from. */
export interface StartSignaturesParts {
  readonly settings: ResolvedSignaturesOption;
  readonly peppers: readonly [Pepper, ...Pepper[]];
  readonly store: KeyStore;
  /** Opened; `null` when there is no Redis. */
  readonly redis: ManagedRedis | null;
  readonly keyPrefix: string | undefined;
  readonly verify: VerifyPorts;
  /** `null`: any number of tries may fail. */
  readonly failures: FailureLimits | null;
  readonly logger: Logger;
  readonly places: SharedPlaces;
  readonly lease: Lease;
}

/** Puts signed requests together, and begins to remember signatures in Redis. */
export function startSignatures(parts: StartSignaturesParts): RunningSignatures {
  const { settings, peppers, store, redis, keyPrefix = defaultKeyPrefix, verify, failures, logger } = parts;
  const { places, lease } = parts;
  const { profile } = settings;
  const { clock } = verify;
  const { skewMs } = profile;
  const shared = redis === null ? null : createRedisReplayGuard({ redis, keyPrefix, skewMs, clock, logger });
  shared?.open();
  const replays = createPlacedReplayGuard({
    replays: shared ?? createStoreReplayGuard(store.nonces, logger),
    place: places,
    lease,
    skewMs,
  });
  return {
    verifier: createSignedRequestVerifier({
      ...verify,
      failures,
      replays,
      profile,
      sealer: createSecretSealer(peppers),
    }),
    close: () => shared?.close(),
  };
}
