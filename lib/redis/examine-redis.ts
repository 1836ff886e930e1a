import type { RedisFacts } from '../domain/setup-facts.js';
import { answerInTime } from './answer-in-time.js';
import { describeRedisError } from './describe-redis-error.js';
import { examineScript } from './examine-script.js';
import { createManagedRedis, type ManagedRedis } from './managed-redis.js';
import { readInfo } from './read-info.js';
import { readString, readStrings, refuseAnswer } from './read-answer.js';
import type { RedisClient } from './redis-client.js';
import { readRedisRefusal } from './redis-refusal.js';
import { runScript } from './run-script.js';
import { readScript } from './scripts.js';

/** How long one command may take here, in milliseconds: a slow Redis is to be described, not only refused. */
const answerMs = 2_000;
/** How many reads are measured. */
const measuredReads = 5;

/** A client as ioredis has it, with a command that nothing else needs. */
type InformedClient = RedisClient & { info?(): Promise<unknown> };

/** Looks at Redis: whether it responds, how fast, and what it refuses. Writes two keys that are gone a second later. Never rejects. */
export async function examineRedis(connection: string | RedisClient, keyPrefix: string): Promise<RedisFacts> {
  const redis = createManagedRedis(
    connection,
    keyPrefix,
    { warn: () => undefined, error: () => undefined },
    answerMs,
  );
  try {
    await redis.open();
    return await examineOpen(redis, keyPrefix);
  } catch (error) {
    return { ...createUnknown(keyPrefix), error: describeRedisError(error) };
  } finally {
    redis.close();
  }
}

async function examineOpen({ client }: ManagedRedis, keyPrefix: string): Promise<RedisFacts> {
  const informed: InformedClient = client;
  const unknown = createUnknown(keyPrefix);
  const refused: string[] = [];
  let [latencyMs, error]: [number | null, string | null] = [null, null];
  const note = (command: string, thrown: unknown): void => {
    if (readRedisRefusal(thrown) === 'NOPERM') refused.push(command);
    else error ??= describeRedisError(thrown);
  };
  if (client.status !== 'ready') return { ...unknown, error: await findConnectError(client) };
  try {
    latencyMs = await readLatency(client, keyPrefix);
  } catch (thrown) {
    note('eval', thrown);
  }
  let info: ReadonlyMap<string, string> = new Map();
  if (error === null && informed.info !== undefined) {
    try {
      info = readInfo(readString(await answerInTime(informed.info(), answerMs)));
    } catch (thrown) {
      note('info', thrown);
    }
  }
  if (error === null && !refused.includes('eval')) {
    const names = ['{doctor}', 'replay:{doctor}'].map((name) => `${keyPrefix}${name}`);
    try {
      const answer = await answerInTime(
        runScript(client, examineScript, names, [`${keyPrefix}changes`]),
        answerMs,
      );
      refused.push(...listForbidden(answer));
    } catch (thrown) {
      note('eval', thrown);
    }
  }
  return { ...unknown, ...describeInfo(info), error, latencyMs, refusedCommands: [...new Set(refused)] };
}

/** Why there is no connection; a client keeps its last error to itself. */
async function findConnectError(client: RedisClient): Promise<string> {
  if (client.status === 'end') return 'the client was closed';
  try {
    await answerInTime(client.connect(), answerMs);
    return 'no connection';
  } catch (error) {
    return describeRedisError(error);
  }
}

async function readLatency(client: RedisClient, keyPrefix: string): Promise<number> {
  const times: number[] = [];
  for (let read = 0; read < measuredReads; read += 1) {
    const begin = performance.now();
    readStrings(await answerInTime(runScript(client, readScript, [`${keyPrefix}{doctor}`], []), answerMs), 1);
    times.push(performance.now() - begin);
  }
  return times.toSorted((one, other) => one - other)[Math.floor(measuredReads / 2)] ?? 0;
}

/**
 * The commands of the script that the access list has refused.
 *
 * @throws when the reply is no list of commands and errors
 */
function listForbidden(answer: unknown): readonly string[] {
  if (!Array.isArray(answer) || answer.length % 2 !== 0) return refuseAnswer();
  const parts = readStrings(answer, answer.length);
  return parts.flatMap((command, index) =>
    index % 2 === 0 && readRedisRefusal({ message: parts[index + 1] }) === 'NOPERM'
      ? [command.toLowerCase()]
      : [],
  );
}

function describeInfo(info: ReadonlyMap<string, string>): Partial<RedisFacts> {
  const readNumber = (name: string): number => Number(info.get(name) ?? 0);
  const startedAt = readNumber('server_time_usec') / 1_000_000 - readNumber('uptime_in_seconds');
  // Until it has saved something, this is the time of the start.
  const hasSaved = readNumber('rdb_last_save_time') - startedAt > 5;
  return {
    version: info.get('redis_version') ?? null,
    isReplica: info.get('role') === 'slave',
    evictionPolicy: readNumber('maxmemory') > 0 ? (info.get('maxmemory_policy') ?? null) : null,
    isPersistent: info.get('aof_enabled') === '1' || hasSaved,
    isSavingBroken: ['rdb_last_bgsave_status', 'aof_last_write_status', 'aof_last_bgrewrite_status'].some(
      (name) => info.get(name) === 'err',
    ),
  };
}

function createUnknown(keyPrefix: string): RedisFacts {
  return {
    error: null,
    version: null,
    latencyMs: null,
    isReplica: false,
    evictionPolicy: null,
    isPersistent: true,
    isSavingBroken: false,
    refusedCommands: [],
    keyPrefix,
  };
}
