import { AccessRecorder } from '../audit/access-recorder.js';
import { ObservationRecorder } from '../audit/observation-recorder.js';
import { RouteUsageRecorder } from '../audit/route-usage-recorder.js';
import { createSecretHasher } from '../crypto/bcrypt-hasher.js';
import { parsePeppers } from '../crypto/peppers.js';
import { createRandomSource } from '../crypto/random-source.js';
import type { InstanceStatus } from '../domain/api-keys-status.js';
import type { Keyspace } from '../domain/keyspace.js';
import { InvalidOptionError } from '../errors.js';
import { Keyspaces } from '../domain/keyspaces.js';
import { ChangeListeners } from '../feed/change-listeners.js';
import type { SetupHost, StartPurpose } from '../domain/setup-host.js';
import { createMetrics, type Metrics } from '../metrics/create-metrics.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { refuseUndeclaredScope } from '../options/tokens-option.js';
import type { Logger } from '../ports/logger.js';
import { ProtectedResources } from '../tokens/protected-resources.js';
import { chooseStore } from './choose-store.js';
import { createKeyWatch, type WatchKey } from './create-key-watch.js';
import { createDefaultKeyspace } from './default-keyspace.js';
import { examineDatabase, examineSetup } from './examine-setup.js';
import { keepProcessAlive } from './keep-process-alive.js';
import { LateStore } from './late-store.js';
import { Lifecycle } from './lifecycle.js';
import { listQueues } from './list-queues.js';
import { readStatus } from './read-status.js';
import type { Running } from './running.js';
import { createSerializingLogger } from './serializing-logger.js';
import { StartLog } from './start-log.js';
import { startRunning } from './start-running.js';
import { TappedLogger } from './tapped-logger.js';

/** An instance without its edges and its API: it is there before anything is opened. */
export interface Instance {
  readonly keyspace: Keyspace;
  readonly keyspaces: Keyspaces;
  /** Takes notes for the access log at once, and writes them while the instance runs. */
  readonly recorder: AccessRecorder;
  /** Counts what guards in observe mode would have refused, in the same way. */
  readonly observed: ObservationRecorder;
  /** Counts requests by route; `null`: none is counted. */
  readonly routeUsage: RouteUsageRecorder | null;
  /** What tokens can be restricted to: guards add themselves. */
  readonly protectedResources: ProtectedResources;
  /** The app's logger, which gets errors in serialized form only. */
  readonly logger: Logger;
  readonly watchKey: WatchKey;
  /** For the program `api-keys`. */
  readonly setup: SetupHost;
  /** `null`: nothing is measured. */
  readonly metrics: Metrics | null;
  /** Starts, or waits for the start in progress. Rejects with what the start failed with. */
  ready(): Promise<Running>;
  /** Returns the current state without I/O. */
  readStatus(): InstanceStatus;
  /** @throws ApiKeysError `unavailable` before the instance is ready, and after `close()` */
  requireRunning(): Running;
  close(): Promise<void>;
}

/**
 * Creates an instance. Nothing is opened yet.
 *
 * @param redactKeys - redacts keys in what is logged
 * @throws InvalidOptionError for options that do not fit together
 */
export function createInstance(
  options: ResolvedOptions,
  redactKeys: (text: string) => string = (text) => text,
): Instance {
  const { clock, pepper } = options;
  const tapped = new TappedLogger(options.logger);
  const logger = createSerializingLogger(tapped, redactKeys);
  const keyspace = createDefaultKeyspace(options);
  refuseUndeclaredScope(options.tokens, keyspace.catalogue);
  const keyspaces = createKeyspaces(keyspace, options);
  const { store, pepperFile, poolLosses, inspector } = chooseStore({ ...options, logger });
  const peppers = pepper === undefined ? null : parsePeppers(pepper);
  const metrics = options.metrics.targets === null ? null : createMetrics(options.metrics.targets);
  const hasher = createSecretHasher({
    cost: options.bcryptCost,
    logger,
    onHash: metrics === null ? undefined : (lane, isDone) => metrics.events.countHash(lane, isDone),
  });
  const recorder = new AccessRecorder({ random: createRandomSource(), clock, logger });
  const observed = new ObservationRecorder({ clock, logger });
  const routeUsage = options.metrics.usageByRoute ? new RouteUsageRecorder({ clock, logger }) : null;
  const listeners = new ChangeListeners(logger);
  const protectedResources = new ProtectedResources();
  const failedStarts = new StartLog(logger);
  let purpose: StartPurpose = 'app';
  const lifecycle = new Lifecycle(
    () => {
      // Also after a start that failed: it leaves idle connections in the pool.
      poolLosses?.listen();
      return startRunning({
        options,
        keyspaces,
        loadStore: store instanceof LateStore ? () => store.load() : () => Promise.resolve(store),
        peppers,
        pepperFile,
        purpose,
        hasher,
        listeners,
        resources: protectedResources,
        recorder,
        observed,
        routeUsage,
        onConfirmation:
          metrics === null ? undefined : (isConfirmed) => metrics.events.countConfirmation(isConfirmed),
        logger,
      }).then((started) => {
        failedStarts.worked();
        return started;
      });
    },
    (started) => started.stop(),
    (error) => failedStarts.failed(error),
  );
  const readOwnStatus = (): InstanceStatus => readStatus(lifecycle.started, options.redis !== null);
  metrics?.register({ status: readOwnStatus, queues: () => listQueues(hasher, store) });
  const examined = {
    options,
    peppers,
    pepperFile,
    inspector,
    plans: keyspace.plans,
    logger: tapped,
    ready: () => lifecycle.ready(),
    status: readOwnStatus,
  };
  return {
    setup: {
      startFor: (given) => void (purpose = given),
      examine: () => {
        purpose = 'examination';
        return keepProcessAlive(examineSetup(examined));
      },
      examineDatabase: () => keepProcessAlive(examineDatabase(examined)),
      migrations: inspector,
    },
    keyspace,
    keyspaces,
    recorder,
    observed,
    routeUsage,
    protectedResources,
    logger,
    metrics,
    watchKey: createKeyWatch(listeners, () => lifecycle.started),
    ready: () => lifecycle.ready().then(noteActivity),
    readStatus: readOwnStatus,
    requireRunning: () => noteActivity(lifecycle.requireStarted()),
    close: () =>
      keepProcessAlive(Promise.all([lifecycle.close(), hasher.close()]))
        .then(() => undefined)
        .finally(() => {
          poolLosses?.stop();
          metrics?.unregister();
        }),
  };
}

function noteActivity(running: Running): Running {
  running.noteActivity();
  return running;
}

function createKeyspaces(
  native: Keyspace,
  { foreignFormats }: Pick<ResolvedOptions, 'foreignFormats'>,
): Keyspaces {
  try {
    return new Keyspaces(native, foreignFormats);
  } catch (error) {
    throw new InvalidOptionError(`foreignFormats: ${error instanceof Error ? error.message : String(error)}`);
  }
}
