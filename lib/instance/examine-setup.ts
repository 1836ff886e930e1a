import { setTimeout as sleep } from 'node:timers/promises';
import { readPepperFile } from '../crypto/pepper-file.js';
import { parsePeppers, type Pepper } from '../crypto/peppers.js';
import type { InstanceStatus } from '../domain/api-keys-status.js';
import type { Plans } from '../domain/plans.js';
import type { DatabaseFacts, RedisFacts, SetupFacts } from '../domain/setup-facts.js';
import type { ResolvedRedisOption } from '../options/redis-option.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import type { DatabaseInspector } from '../ports/database-inspector.js';
import { describeStartError } from './to-start-error.js';
import type { TappedLogger } from './tapped-logger.js';

/** How long a listening connection may take to be there, in milliseconds. */
const listeningMs = 3_000;
/** How often it is looked whether it is. */
const lookEveryMs = 50;
/** The share of a lease in which a process beats several times. */
const watchedShare = 0.75;
/** For how long other processes are watched at most, in milliseconds. */
const maxWatchedMs = 15_000;

/** What is examined. */
export interface ExaminedInstance {
  readonly options: ResolvedOptions;
  /** `null`: in the file. */
  readonly peppers: readonly Pepper[] | null;
  readonly pepperFile: string;
  readonly inspector: DatabaseInspector | null;
  readonly plans: Plans;
  readonly logger: TappedLogger;
  ready(): Promise<unknown>;
  status(): InstanceStatus;
}

/** Examines the database of an instance, and whether its pepper is that of the keys; `null` for a store of the app. Never rejects. */
export async function examineDatabase(instance: ExaminedInstance): Promise<DatabaseFacts | null> {
  const { options, inspector } = instance;
  const found = inspector?.inspect({
    pepperIds: await readPepperIds(instance),
    now: () => options.clock.now(),
    trimsAudit: options.retention.auditMs !== null,
  });
  return (await found) ?? null;
}

/** Examines the set-up of an instance that may be started, unless its tables are not those of this version. Never rejects. */
export async function examineSetup(instance: ExaminedInstance): Promise<SetupFacts> {
  const { options, logger, plans } = instance;
  const { redis, cache } = options;
  const database = await examineDatabase(instance);
  const redisFacts = redis === null ? null : await lookAtRedis(redis);
  const logged: string[] = [];
  let startError: string | null = null;
  const schema = database?.schema;
  const mayStart = database === null || (schema !== null && schema?.version === schema?.known);
  logger.listen((message) => logged.push(message));
  try {
    if (mayStart) {
      await instance.ready();
      await watchOthers(instance, database);
    }
  } catch (error) {
    startError = describeStartError(error);
  } finally {
    logger.listen(null);
  }
  return {
    database,
    redis: redisFacts,
    appliesMigrations: options.database?.migrate !== 'check',
    leaseSeconds: cache.leaseSeconds,
    longestWindowSeconds: Math.max(
      0,
      ...[plans.base, ...plans.byName.values()].flatMap(({ rateLimits, keyCeilings }) =>
        [...rateLimits, ...keyCeilings.rateLimits].map(({ windowSeconds }) => windowSeconds),
      ),
    ),
    startError,
    status: instance.status(),
    logged,
  };
}

async function lookAtRedis({ client, keyPrefix }: ResolvedRedisOption): Promise<RedisFacts> {
  const { examineRedis } = await import(/* webpackMode: "eager" */ '../redis/examine-redis.js');
  return examineRedis(client, keyPrefix);
}

/** No pepper is created. One that cannot be read is reported by the start. */
async function readPepperIds({ peppers, pepperFile }: ExaminedInstance): Promise<readonly string[] | null> {
  if (peppers !== null) return peppers.map(({ id }) => id);
  const text = await readPepperFile(pepperFile).catch(() => null);
  return text === null ? null : parsePeppers(text).map(({ id }) => id);
}

/** Waits until the listening connection is there, and, where there are other processes, until they have had the time to beat. */
async function watchOthers({ status }: ExaminedInstance, database: DatabaseFacts | null): Promise<void> {
  const begin = performance.now();
  if (database?.kind === 'postgres')
    while (status().wakeMode !== 'push' && performance.now() - begin < listeningMs) await sleep(lookEveryMs);
  const { count, longestLeaseMs } = database?.processes ?? { count: 0, longestLeaseMs: 0 };
  // The first look at the list comes within a second.
  if (count > 0) await sleep(Math.min(longestLeaseMs * watchedShare + 1_000, maxWatchedMs));
}
