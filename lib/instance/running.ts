import type { AccessRecorder } from '../audit/access-recorder.js';
import { createAuditService, type AuditService } from '../audit/audit-service.js';
import { createSealingStoreProxy } from '../audit/sealing-store-proxy.js';
import { createAuditSealer } from '../crypto/audit-sealer.js';
import type { StepUpPorts } from '../ports/step-up-ports.js';
import { createChallengeSigner } from '../crypto/challenge-signer.js';
import { createCursorSigner } from '../crypto/cursor-signer.js';
import { readOrCreatePepperFile } from '../crypto/pepper-file.js';
import { parsePeppers, type Pepper } from '../crypto/peppers.js';
import { createRandomSource } from '../crypto/random-source.js';
import { createSecretSealer } from '../crypto/secret-sealer.js';
import { createSecretDigester } from '../crypto/secret-digester.js';
import { serializeError, type SerializedError } from './serialize-error.js';
import { viewOf } from '../domain/api-key-view.js';
import type { Keyspace } from '../domain/keyspace.js';
import type { Keyspaces } from '../domain/keyspaces.js';
import { noticeMessage, thresholdsOf } from '../options/expiry-notices-option.js';
import type { ChangeListeners } from '../feed/change-listeners.js';
import { createFollowing, type Following } from '../feed/following.js';
import { SharedPlaces } from '../feed/shared-places.js';
import { Lease } from '../feed/lease.js';
import { createLeasedStore } from '../feed/leased-store.js';
import { RecentVersions } from '../feed/recent-versions.js';
import { ApiKeysError, isProblem } from '../errors.js';
import { Housekeeper } from '../manage/housekeeper.js';
import { ExpirySweep } from '../manage/expiry-sweep.js';
import { GraceStarts } from '../manage/grace-starts.js';
import { createKeyService, type KeyService } from '../manage/key-service.js';
import { startGrace } from '../manage/start-grace.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import type { FirstUse } from '../ports/grace-starter.js';
import type { KeyStore } from '../ports/key-store.js';
import type { Logger } from '../ports/logger.js';
import type { SecretHasher } from '../ports/secret-hasher.js';
import type { VerificationCache } from '../ports/verification-cache.js';
import { readRedisPlace } from '../redis/redis-place.js';
import { createManagedRedis, defaultKeyPrefix, type ManagedRedis } from '../redis/managed-redis.js';
import { createRedisVerificationCache } from '../redis/redis-verification-cache.js';
import { createKeyFinder, type KeyFinder } from '../verify/find-key.js';
import { FailureBudget } from '../verify/failure-budget.js';
import { LookupBatcher } from '../verify/lookup-batcher.js';
import { limitFailures, type FailureLimits } from '../verify/limit-failures.js';
import { startLimits } from './start-limits.js';
import { startSignatures, type RunningSignatures } from './start-signatures.js';
import { startTokens, type RunningTokens } from './start-tokens.js';
import { LocalCache } from '../verify/local-cache.js';
import { MissingDigests } from '../verify/missing-digests.js';
import { UseRecorder } from '../verify/record-use.js';
import type { LimitCountingMode } from '../verify/limit-counting.js';
import { createVerifier, type ApiKeyVerifier, type VerifyPorts } from '../verify/verify-api-key.js';

/** What exists once an instance is ready. */
export interface Running {
  /** Makes keys in the native keyspace, and sees those of all others, too. */
  readonly service: KeyService;
  /** The same for one keyspace alone. */
  readonly serviceOf: (keyspace: Keyspace) => KeyService;
  readonly audit: AuditService;
  readonly verifier: ApiKeyVerifier;
  /** `null` without the option `tokens`. */
  readonly tokens: RunningTokens | null;
  /** `null` without the option `signatures`. */
  readonly signatures: RunningSignatures | null;
  /** What checking second factors needs. */
  readonly stepUp: StepUpPorts;
  /** How its parts are, for health answers. */
  readonly health: () => RunningHealth;
  readonly stop: () => Promise<void>;
}

/** Access tokens; only to be asked for with the option `tokens`. */
export function tokensOf({ tokens }: Running): RunningTokens {
  if (tokens === null) throw new Error('There are no tokens without the option tokens.');
  return tokens;
}

/** Signed requests; only to be asked for with the option `signatures`. */
export function signaturesOf({ signatures }: Running): RunningSignatures {
  if (signatures === null) throw new Error('There are no signed requests without the option signatures.');
  return signatures;
}

/** How the parts of a running instance are. */
export interface RunningHealth {
  /** `down`: no answer for so long that keys that are held may not be used any more. */
  readonly database: 'up' | 'down';
  readonly redis: 'up' | 'down' | 'none';
  readonly wakeMode: 'push' | 'poll' | 'none';
  readonly cachedKeys: number;
  readonly limits: LimitCountingMode;
}

/** Most keys whose last change is remembered. */
const rememberedChanges = 10_000;

/** What a start is made from. */
export interface StartParts {
  readonly options: ResolvedOptions;
  readonly keyspaces: Keyspaces;
  readonly store: KeyStore;
  /** `null`: read from the file, or made there. */
  readonly peppers: readonly [Pepper, ...Pepper[]] | null;
  readonly pepperFile: string;
  readonly hasher: SecretHasher;
  readonly listeners: ChangeListeners;
  readonly recorder: AccessRecorder;
  readonly logger: Logger;
}

/**
 * Opens what an instance needs and puts it together. What was opened is closed again when something fails.
 *
 * @throws ApiKeysError `unavailable` that says why, InvalidOptionError for what waiting does not mend
 */
export async function startRunning(parts: StartParts): Promise<Running> {
  const { options, keyspaces, hasher, listeners, recorder, logger } = parts;
  const { clock } = options;
  const peppers = parts.peppers ?? parsePeppers(await readOrCreatePepperFile(parts.pepperFile));
  const sealer = createAuditSealer(peppers);
  const store = createLeasedStore(createSealingStoreProxy(parts.store, sealer), () =>
    following.ensureLease(),
  );
  const ownsStore = options.store === undefined;
  // Whoever made a store closes it.
  const closeStore = async (): Promise<void> => (ownsStore ? store.close() : undefined);

  const digester = createSecretDigester(peppers);
  const keyPrefix = options.redis?.keyPrefix;
  const redis = createRedis(options, logger);
  const cache = redis === null ? null : createCache(options, redis, peppers, logger);
  const limits = startLimits({ limits: options.limits, clock, redis, keyPrefix, store, logger });
  const lease = new Lease(options.cache.leaseSeconds * 1000, clock);
  const versions = new RecentVersions(rememberedChanges);
  const uses = new UseRecorder(store, logger);
  const local = options.cache.maxKeys === 0 ? null : new LocalCache(options.cache);
  const finder: KeyFinder = createKeyFinder({
    ...{ store, cache, local, uses, lease, versions, clock },
    applied: () => following.applied(),
    ensureLease: () => following.ensureLease(),
    keyspaces,
  });
  const following: Following = createFollowing({
    onOthers: (others) => places.note(others),
    ...{ feed: store.feed, cache, lease, versions, listeners, clock, logger },
    caches: finder,
  });
  const places = new SharedPlaces({
    ...{ feed: store.feed, clock, logger },
    instanceId: () => following.instanceId(),
    readRedis: redis === null ? null : () => readRedisPlace(redis, keyPrefix ?? defaultKeyPrefix),
    takesSignatures: options.signatures !== null,
  });
  const forgetPlace = (): void => places.forget();
  const startOne = (use: FirstUse): Promise<void> =>
    startGrace({ store, changes: following.announcer, clock }, use);
  const graces = new GraceStarts(startOne, logger);
  let signatures: RunningSignatures | null = null;
  // Through the store that seals entries, as all that changes something.
  const sweep = createExpirySweep({ ...parts, store });
  const housekeeper = new Housekeeper({ store, clock, logger });
  const stop = async (): Promise<void> => {
    signatures?.close();
    places.stop();
    redis?.client.off('close', forgetPlace);
    await Promise.all([graces.stop(), sweep?.stop(), housekeeper.stop()]);
    await Promise.all([following.stop(), uses.close(), recorder.stop()]);
    await Promise.all([cache?.close(), closeStore()]);
  };

  try {
    await store.open();
    await following.start();
    redis?.client.on('close', forgetPlace);
    await cache?.open();
    await places.start();
    recorder.start(store.accessLog);
  } catch (error) {
    await stop().catch(() => undefined);
    throw isProblem(error, 'unavailable') ? couldNotStart(error) : error;
  }

  const cursorSigner = createCursorSigner(peppers);
  sweep?.start();
  housekeeper.start();
  const digests = new MissingDigests({ store, finder, digester, logger });
  const verify: VerifyPorts = {
    finder,
    local,
    lease,
    digests,
    digester,
    hasher,
    uses,
    graces,
    getLimitPlan: limits.getLimitPlan,
    consumeLimits: limits.consumeLimits,
    clock,
    keyspaces,
  };
  const failures = createFailureLimits({ ...parts, store });
  const { tokens: settings, prefix } = options;
  const { alwaysCounting: counting } = limits;
  const tokenParts = { peppers, store, changes: following.announcer, verify, failures, counting, logger };
  const tokens = settings === null ? null : startTokens({ ...tokenParts, prefix, settings });
  if (options.signatures !== null) {
    const signatureParts = { peppers, store, redis, keyPrefix, verify, failures, logger, places, lease };
    signatures = startSignatures({ ...signatureParts, settings: options.signatures });
  }
  const createService = (keyspace: Keyspace, onlyKeyspace: string | null): KeyService =>
    createKeyService({
      store,
      changes: following.announcer,
      hasher,
      digester,
      secretSealer: createSecretSealer(peppers),
      random: createRandomSource(),
      cursorSigner,
      clock,
      keyspace,
      onlyKeyspace,
      keyspaces,
    });
  return {
    service: createService(keyspaces.native, null),
    serviceOf: (keyspace) => createService(keyspace, keyspace.name),
    audit: createAuditService({ store, sealer, cursorSigner, clock, keyspaces, onlyKeyspace: null }),
    verifier: withinBudget(failures, keyspaces, createVerifier(verify)),
    tokens,
    signatures,
    stepUp: { nonces: store.nonces, challenges: createChallengeSigner(peppers) },
    health: () => ({
      database: lease.isHeld() ? 'up' : 'down',
      redis: cache === null ? 'none' : cache.status(),
      wakeMode: following.wakeMode(),
      cachedKeys: local?.size ?? 0,
      limits: modeOf(limits.mode(), places),
    }),
    stop,
  };
}

/** Shared counters are split while other processes have others. */
function modeOf(mode: LimitCountingMode, places: SharedPlaces): LimitCountingMode {
  return mode === 'shared' && places.isSplit() ? 'split' : mode;
}

/** Verification as it is, or with a budget of failed tries before it: who has none pays nothing for it. */
function withinBudget(
  failures: FailureLimits | null,
  keyspaces: Keyspaces,
  verifier: ApiKeyVerifier,
): ApiKeyVerifier {
  return failures === null ? verifier : limitFailures(verifier, { ...failures, keyspaces });
}

/** One budget for keys and signatures. */
function createFailureLimits({ options, store }: StartParts): FailureLimits | null {
  if (options.failureBudget === undefined) return null;
  const budget = new FailureBudget(options.failureBudget);
  return { budget, lookups: new LookupBatcher((ids) => store.existing(ids)) };
}

/** The way to Redis that the cache and the limiter share; the cache opens and closes it. */
function createRedis({ redis }: ResolvedOptions, logger: Logger): ManagedRedis | null {
  return redis === null ? null : createManagedRedis(redis.client, redis.keyPrefix, logger);
}

function createExpirySweep({ options, store, keyspaces, logger }: StartParts): ExpirySweep | null {
  const { clock, expiryNotices } = options;
  if (expiryNotices === undefined) return null;
  return new ExpirySweep({
    ...{ store, keyspace: keyspaces.native, clock, logger },
    thresholds: thresholdsOf(expiryNotices),
    notify: (record, seconds) => expiryNotices.notify?.(noticeMessage(viewOf(record, clock.now()), seconds)),
  });
}

function createCache(
  { redis: option, clock }: ResolvedOptions,
  redis: ManagedRedis,
  peppers: readonly Pepper[],
  logger: Logger,
): VerificationCache {
  return createRedisVerificationCache({
    connection: redis,
    keyPrefix: option?.keyPrefix,
    peppers,
    clock,
    logger,
  });
}

/** Callers are told nothing of the reason; whoever starts the app needs it. */
function couldNotStart(error: unknown): ApiKeysError {
  let reason: SerializedError = serializeError(error);
  while (reason.cause !== undefined) reason = reason.cause;
  const what = [reason.code, reason.message].filter((text) => text !== undefined && text !== '').join(': ');
  return new ApiKeysError('unavailable', {
    detail: `The database of the API keys cannot be opened (${what})`,
    cause: error,
  });
}
