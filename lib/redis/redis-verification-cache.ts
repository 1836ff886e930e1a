import { withDeadline } from '../deadline.js';
import type { VerifiableKey } from '../domain/api-key.js';
import { InvalidOptionError } from '../errors.js';
import type { Clock } from '../ports/clock.js';
import type { Logger } from '../ports/logger.js';
import type { VerificationCache } from '../ports/verification-cache.js';
import { borrowRedis } from './borrow-redis.js';
import { Breaker } from './breaker.js';
import { connectRedis } from './connect-redis.js';
import { describeRedisError } from './describe-redis-error.js';
import { createKeyEntries, isCacheable } from './key-entries.js';
import { deriveMacKey, type RedisPepper } from './mac-key.js';
import { OutageLog } from './outage-log.js';
import type { RedisClient } from './redis-client.js';
import { fillScript, maxEntryLifetimeMs, publishScript } from './scripts.js';
import { maxEntryBytes } from './sealed-entry.js';

/** How far the clocks of the app's machines and of Redis may be apart, in milliseconds. */
const clockDifferenceMs = 1000;
/**
 * A copy that arrives later than this after its read is not taken. The version of a change stays for a whole lifetime,
 * so a copy from before the change comes too late when that version is gone, with clocks that differ a little as well.
 */
const maxFillDelayMs = maxEntryLifetimeMs - clockDifferenceMs;
const maxFillsUnderWay = 256;
const openDeadlineMs = 2000;

/** How keys are cached in Redis. */
export interface RedisVerificationCacheOptions {
  /** A URL (we connect and disconnect), or the app's own ioredis client (it is never closed here). */
  readonly connection: string | RedisClient;
  /** What every Redis key begins with: printable ASCII without braces, at most 100 characters. @default 'api-keys:' */
  readonly keyPrefix?: string | undefined;
  /** The current one first. Every process must know every pepper that another one uses as its current one. */
  readonly peppers: readonly RedisPepper[];
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long a command may take, in milliseconds. @default 250 */
  readonly deadlineMs?: number | undefined;
  /** How long a copy may be used, in milliseconds; at most 5,000. @default 5000 */
  readonly entryLifetimeMs?: number | undefined;
}

/**
 * Copies of keys in Redis (5 or newer; one server, or a Cluster). A copy is used for five seconds at most, counted from
 * before the store was read: whatever Redis loses, delays or brings back, an older copy is dead soon after a change.
 *
 * A change counts as published when Redis has taken it. A Redis that loses it afterwards (a flush, or a failover to a
 * replica that had not got it) can let older copies in again, for what is left of their five seconds.
 *
 * @throws InvalidOptionError when the connection, the prefix or the lifetime cannot be used
 */
export function createRedisVerificationCache(options: RedisVerificationCacheOptions): VerificationCache {
  const { keyPrefix = 'api-keys:', clock, logger, deadlineMs = 250, connection } = options;
  const lifetimeMs = checkedLifetime(options.entryLifetimeMs ?? maxEntryLifetimeMs);
  const allEntries = options.peppers.map((pepper) =>
    createKeyEntries(checkedPrefix(keyPrefix), deriveMacKey(pepper)),
  );
  const [ownEntries] = allEntries;
  if (ownEntries === undefined) throw new InvalidOptionError('The Redis cache needs a pepper');
  const entries = ownEntries;

  const readOutage = new OutageLog(logger, 'keys are read from the database only');
  const writeOutage = new OutageLog(logger, 'keys cannot be cached, and changes take effect late');
  const breaker = new Breaker();
  const { client, open, close } =
    typeof connection === 'string'
      ? connectRedis(connection, deadlineMs, {
          onError: (error) => readOutage.failed(error),
          onReady: () => readOutage.worked(),
        })
      : borrowRedis(connection);
  let isClosed = false;
  let fillsUnderWay = 0;
  let hasWarnedOfClocks = false;

  /** Commands that are given to a client without a connection may be kept and sent much later. */
  function isReachable(): boolean {
    return !isClosed && (client.status === 'ready' || client.status === 'wait');
  }

  /** The client's own options are not ours to rely on: by default it waits for minutes. */
  async function send<T>(command: () => Promise<T>): Promise<T> {
    return withDeadline(command(), deadlineMs, 'a Redis command');
  }

  function evaluate(script: string, names: readonly string[], ...rest: readonly string[]): Promise<unknown> {
    return send(() => client.eval(script, names.length, ...names, ...rest));
  }

  function usableUntil(key: VerifiableKey, readAt: number): number {
    return Math.min(readAt + lifetimeMs, key.expiresAt ?? Infinity);
  }

  async function get(keyId: string): Promise<VerifiableKey | null> {
    if (!isCacheable(keyId) || !isReachable() || !breaker.tryPass()) return null;
    try {
      // However large the value is that someone put there, no more than an entry is read of it.
      const found: unknown = await send(() => client.getrange(entries.nameOf(keyId), 0, maxEntryBytes - 1));
      breaker.worked();
      readOutage.worked();
      return typeof found === 'string' ? entries.open(keyId, found, clock.now()) : null;
    } catch (error) {
      // Another program's value under our name is a miss, not an outage.
      if (describeRedisError(error) === 'WRONGTYPE') {
        breaker.worked();
      } else {
        breaker.failed();
        readOutage.failed(error);
      }
      return null;
    }
  }

  async function sendFill(key: VerifiableKey, readStartedAt: number): Promise<void> {
    const until = usableUntil(key, readStartedAt);
    const acceptUntil = Math.min(until, readStartedAt + maxFillDelayMs);
    if (clock.now() >= acceptUntil) return;
    try {
      const answer = await evaluate(
        fillScript,
        [entries.nameOf(key.id)],
        String(key.version),
        entries.seal(key, until),
        String(acceptUntil),
        String(until),
      );
      writeOutage.worked();
      if (answer === 'late' && clock.now() < acceptUntil) warnOfClocks();
    } catch (error) {
      writeOutage.failed(error);
    }
  }

  function warnOfClocks(): void {
    if (hasWarnedOfClocks) return;
    hasWarnedOfClocks = true;
    logger.warn(
      'api-keys: Redis takes no copies, because its clock is seconds ahead. Synchronise the clocks',
    );
  }

  async function publish(key: VerifiableKey, changedAt: number): Promise<boolean> {
    // Nobody has a copy of what is never cached.
    if (!isCacheable(key.id)) return true;
    if (!isReachable()) return false;
    const until = usableUntil(key, changedAt);
    try {
      const held = await evaluate(
        publishScript,
        allEntries.map((each) => each.nameOf(key.id)),
        String(key.version),
        ...allEntries.map((each) => each.seal(key, until)),
      );
      writeOutage.worked();
      // Whoever can write to Redis can put a high version there; only an authentic one tells of a later change.
      return (
        Array.isArray(held) && allEntries.every((each, i) => held[i] === '' || each.isNewer(key, held[i]))
      );
    } catch (error) {
      writeOutage.failed(error);
      return false;
    }
  }

  return {
    maxStalenessMs: maxEntryLifetimeMs + clockDifferenceMs,
    get,

    fill(key, readStartedAt) {
      if (!isCacheable(key.id) || !isReachable() || breaker.isOpen()) return;
      if (fillsUnderWay >= maxFillsUnderWay) return;
      fillsUnderWay += 1;
      void sendFill(key, readStartedAt).finally(() => {
        fillsUnderWay -= 1;
      });
    },

    publish,
    status: () => (client.status === 'ready' && !isClosed && !breaker.isOpen() ? 'up' : 'down'),

    async open() {
      try {
        await withDeadline(open(), openDeadlineMs, 'connecting to Redis');
      } catch (error) {
        readOutage.failed(error);
      }
    },

    close() {
      isClosed = true;
      close();
      return Promise.resolve();
    },
  };
}

function checkedPrefix(keyPrefix: string): string {
  if (/^[!-z|~]{0,100}$/.test(keyPrefix)) return keyPrefix;
  throw new InvalidOptionError(
    'redisKeyPrefix must have at most 100 printable ASCII characters, without spaces and braces',
  );
}

function checkedLifetime(lifetimeMs: number): number {
  if (Number.isInteger(lifetimeMs) && lifetimeMs >= 1 && lifetimeMs <= maxEntryLifetimeMs) return lifetimeMs;
  throw new InvalidOptionError(`entryLifetimeMs must be a whole number from 1 to ${maxEntryLifetimeMs}`);
}
