import type { AccessRecorder } from '../audit/access-recorder.js';
import type { ObservationRecorder } from '../audit/observation-recorder.js';
import type { RouteUsageRecorder } from '../audit/route-usage-recorder.js';
import { createSealingStoreProxy } from '../audit/sealing-store-proxy.js';
import { createAuditSealer } from '../crypto/audit-sealer.js';
import { createSessionBinder } from '../crypto/session-binder.js';
import { createChallengeSigner } from '../crypto/challenge-signer.js';
import { readOrCreatePepperFile, requirePepperFile } from '../crypto/pepper-file.js';
import { parsePeppers, type Pepper } from '../crypto/peppers.js';
import type { StartPurpose } from '../domain/setup-host.js';
import { EnforcedBounds } from '../domain/enforced-bounds.js';
import type { Keyspaces } from '../domain/keyspaces.js';
import { getKeyPlace, type ChangeListeners } from '../feed/change-listeners.js';
import { QuietTimer } from '../feed/quiet-timer.js';
import { createEnforcingStoreProxy } from '../manage/enforcing-store-proxy.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import type { KeyStore } from '../ports/key-store.js';
import type { Logger } from '../ports/logger.js';
import type { SecretHasher } from '../ports/secret-hasher.js';
import type { ProtectedResources } from '../tokens/protected-resources.js';
import { createBackgroundWork } from './create-background-work.js';
import { createKeyAccess } from './create-key-access.js';
import { createServices } from './create-services.js';
import { createSharedRedis } from './create-shared-redis.js';
import { createVerification } from './create-verification.js';
import { keepNoncesLonger } from './keep-nonces-longer.js';
import { readHealth } from './read-health.js';
import type { Running } from './running.js';
import { startLimits } from './start-limits.js';
import { startSignatures, type RunningSignatures } from './start-signatures.js';
import { startTokens } from './start-tokens.js';
import { toStartError } from './to-start-error.js';

/** What an instance is started with. */
export interface StartParts {
  readonly options: ResolvedOptions;
  readonly keyspaces: Keyspaces;
  /** Loads the code of the store and returns it, unopened; always the same store. */
  readonly loadStore: () => Promise<KeyStore>;
  /** `null`: read from the file, which is created if missing. */
  readonly peppers: readonly [Pepper, ...Pepper[]] | null;
  readonly pepperFile: string;
  readonly purpose: StartPurpose;
  readonly hasher: SecretHasher;
  readonly listeners: ChangeListeners;
  /** What tokens can be restricted to. */
  readonly resources: ProtectedResources;
  readonly recorder: AccessRecorder;
  /** Counts what guards in observe mode would have refused. */
  readonly observed: ObservationRecorder;
  /** Counts requests by route; `null`: none is counted. */
  readonly routeUsage: RouteUsageRecorder | null;
  /** Called with the outcome of each confirmation; `undefined`: nobody counts them. */
  readonly onConfirmation?: ((isConfirmed: boolean) => void) | undefined;
  readonly logger: Logger;
}

/**
 * Opens the store and Redis and starts everything on them. If anything fails, what was opened is closed again.
 *
 * @throws ApiKeysError `unavailable` with the reason, InvalidOptionError for what a retry does not fix
 */
export async function startRunning(parts: StartParts): Promise<Running> {
  const { options, recorder, observed, routeUsage, purpose, pepperFile } = parts;
  const readPepper = purpose === 'examination' ? requirePepperFile : readOrCreatePepperFile;
  const peppers = parts.peppers ?? parsePeppers(await readPepper(pepperFile));
  const sealer = createAuditSealer(peppers);
  const redis = await createSharedRedis(options, peppers, parts.logger);
  // Everything that changes something does so through the store that seals the entries of the audit trail.
  const sealing = createSealingStoreProxy(await loadStore(parts), sealer);
  const bounds = new EnforcedBounds(parts.keyspaces);
  const keyAccess = createKeyAccess({
    ...parts,
    store: createEnforcingStoreProxy(sealing, bounds),
    bounds,
    redis,
  });
  const { store, following, places } = keyAccess;
  const limits = startLimits(options.limits, { ...parts, clock: options.clock, store, redis });
  const ports = {
    ...{ ...parts, peppers, sealer, redis, keyAccess, store, changes: following.announcer, limits },
    isQuiet: () => following.isQuiet(),
  };
  const background = createBackgroundWork(ports);
  let signatures: RunningSignatures | null = null;
  const writeWaiting = async (): Promise<void> => {
    await Promise.all([keyAccess.uses.flush(), recorder.flush(), observed.flush(), routeUsage?.flush()]);
  };
  let isStopping = false;
  const quietTimer = createQuietTimer();

  function createQuietTimer(): QuietTimer | null {
    const { quietAfterMs } = options.cache;
    if (quietAfterMs === null || purpose !== 'app') return null;
    const timer = new QuietTimer({
      ...{ quietAfterMs, flush: writeWaiting },
      // Without the lease there is an outage, whose end is waited for. Whatever is closed or notified when a key changes needs a process
      // that follows the changes.
      isBusy: () =>
        !keyAccess.lease.isHeld() ||
        background.isBusy() ||
        following.isConfirming() ||
        !parts.listeners.isEmpty,
      becomeQuiet() {
        places.stop();
        return following.becomeQuiet();
      },
    });
    following.onRoused(() => {
      if (isStopping) return;
      void places.start();
      background.resume();
      timer.start();
    });
    return timer;
  }

  const forgetPlace = (): void => places.forget();
  const stop = async (): Promise<void> => {
    isStopping = true;
    await quietTimer?.stop();
    signatures?.close();
    places.stop();
    redis?.connection.client.off('close', forgetPlace);
    await background.stop();
    // What is written at the end is written under the lease as well, and before others stop waiting for this process.
    await Promise.all([keyAccess.uses.close(), recorder.stop(), observed.stop(), routeUsage?.stop()]);
    await following.stop();
    // A store that the app created is closed by the app.
    await Promise.all([redis?.cache.close(), options.store === undefined ? store.close() : undefined]);
  };

  try {
    await store.open();
    await following.start();
    redis?.connection.client.on('close', forgetPlace);
    await redis?.cache.open();
    // A command counts nothing; an examination looks whether all count in one place.
    if (purpose !== 'command') await places.start();
    if (purpose === 'app') await background.open();
    const ensureLease = (): Promise<void> => following.ensureLease();
    recorder.start(store.accessLog, ensureLease);
    observed.start(store.observations, ensureLease);
    routeUsage?.start(store.usage, ensureLease);
  } catch (error) {
    await stop().catch(() => undefined);
    throw toStartError(error);
  }

  if (purpose === 'app') background.start();
  quietTimer?.start();
  const verification = createVerification({ ...ports, graces: background.graces });
  const verified = {
    ...ports,
    verify: verification.ports,
    verifier: verification.verifier,
    failures: verification.failures,
  };
  if (options.signatures !== null) signatures = startSignatures(options.signatures, verified);
  return {
    ...createServices(ports),
    verifier: verification.verifier,
    tokens: options.tokens === null ? null : startTokens(options.tokens, verified),
    signatures,
    stepUp: { nonces: keepNoncesLonger(store.nonces), challenges: createChallengeSigner(peppers) },
    findCachedPlace(keyId) {
      const cached = keyAccess.local?.findById(keyId, options.clock.now());
      return cached === undefined ? null : getKeyPlace(cached.key);
    },
    findPlace: async (keyId) => getKeyPlace((await keyAccess.finder.find(keyId))?.key ?? null),
    sessions: createSessionBinder(peppers),
    health: () => readHealth(ports),
    // Without an answer, it goes on trying until there is one.
    followChanges: () => void following.ensureLease().catch(() => undefined),
    noteActivity: () => quietTimer?.noteActivity(),
    stop,
  };
}

async function loadStore(parts: Pick<StartParts, 'loadStore'>): Promise<KeyStore> {
  try {
    return await parts.loadStore();
  } catch (error) {
    throw toStartError(error);
  }
}
