import { getExpiresAt } from '../domain/key-lifetime.js';
import { InvalidOptionError } from '../errors.js';
import type { Clock } from '../ports/clock.js';
import type { Logger } from '../ports/logger.js';
import type { CachedCopy, VerificationCache } from '../ports/verification-cache.js';
import { BatchedReads } from './batched-reads.js';
import { checkKeyPrefix } from './check-key-prefix.js';
import { checkRedisClient } from './check-redis-client.js';
import { createKeyEntries, isCacheable } from './key-entries.js';
import { deriveMacKey, type RedisPepper } from './mac-key.js';
import { readInteger, readString, readStrings } from './read-answer.js';
import type { RedisClient } from './redis-client.js';
import { defaultKeyPrefix } from './default-key-prefix.js';
import { createManagedRedis, ManagedRedis } from './managed-redis.js';
import { runScript } from './run-script.js';
import { maxEntryLifetimeMs, readScript, writeScript } from './scripts.js';
import { maxEntryBytes } from './sealed-entry.js';
import { InvalidationChannel } from './invalidation-channel.js';

const maxFillsInFlight = 256;
const nothing: Promise<null> = Promise.resolve(null);

/** Options of the Redis cache. */
export interface RedisVerificationCacheOptions {
  /**
   * A URL (connected and disconnected here), the app's own ioredis client (never closed here), or a managed Redis
   * that is shared with others (opened and closed here).
   */
  readonly connection: string | RedisClient | ManagedRedis;
  /** What every Redis key begins with: printable ASCII without braces, at most 100 characters. @default 'api-keys:' */
  readonly keyPrefix?: string | undefined;
  /** The current one first. Every process must know every pepper that another process uses as its current one. */
  readonly peppers: readonly RedisPepper[];
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long a command may take, in milliseconds. @default 200 */
  readonly deadlineMs?: number | undefined;
  /** How long a copy may be used, in milliseconds; at most 60,000. @default 60000 */
  readonly entryLifetimeMs?: number | undefined;
}

/**
 * Copies of keys in Redis (5 or newer; one server, Sentinel or a Cluster), for a minute at most, counted from before
 * the store was read.
 *
 * Nothing that Redis does, loses, delays or brings back decides which requests are allowed: each copy says up to
 * which position of the feed it is complete, and its reader compares that with the changes that it knows. Newer
 * versions replace older ones here only because that saves reads of the store.
 *
 * The hash of that position is shortened to its first 16 characters: `get` returns `asOf` with a hash of 16
 * characters, and a comparison with one of the feed compares that many.
 *
 * A Redis that does not respond within the deadline, or refuses, is not used until it has answered one of the probes
 * that are sent once a second.
 *
 * @throws InvalidOptionError when the connection, the prefix or the lifetime cannot be used
 */
export function createRedisVerificationCache(options: RedisVerificationCacheOptions): VerificationCache {
  const { keyPrefix = defaultKeyPrefix, clock, logger, deadlineMs, connection } = options;
  if (!(connection instanceof ManagedRedis)) checkRedisClient(connection);
  checkKeyPrefix(keyPrefix);
  const lifetimeMs = checkLifetime(options.entryLifetimeMs ?? maxEntryLifetimeMs);
  const allEntries = options.peppers.map((pepper) => createKeyEntries(keyPrefix, deriveMacKey(pepper)));
  const [ownEntries] = allEntries;
  if (ownEntries === undefined) throw new InvalidOptionError('The Redis cache needs a pepper');
  const entries = ownEntries;

  const redis =
    connection instanceof ManagedRedis
      ? connection
      : createManagedRedis(connection, keyPrefix, logger, deadlineMs);
  const { client } = redis;
  const reads = new BatchedReads({
    // However large a foreign value is, no more than an entry is read of it.
    readOne: (name, done) => redis.query(() => client.getrange(name, 0, maxEntryBytes - 1), readString, done),
    readMany:
      client.isCluster === true
        ? null
        : (names, done) =>
            redis.query(
              () => runScript(client, readScript, names, []),
              (answer) => readStrings(answer, names.length),
              done,
            ),
  });
  let wake = (): void => undefined;
  const invalidations = new InvalidationChannel({
    client,
    channel: `${keyPrefix}changes`,
    logger,
    onInvalidation: () => wake(),
  });
  let fillsInFlight = 0;

  function computeExpiry({ key }: CachedCopy, readAt: number): number {
    return Math.floor(Math.min(readAt + lifetimeMs, getExpiresAt(key) ?? Infinity));
  }

  /** Writes a copy under some of its names. Never rejects. */
  function write(
    copy: CachedCopy,
    under: readonly (typeof entries)[],
    until: number,
    lifetime: number,
  ): Promise<void> {
    const { key, asOf } = copy;
    const names = under.map((each) => each.formatName(key.id));
    const values = under.map((each) => each.seal(copy, until));
    const args = [String(key.version), String(asOf.sequence), String(lifetime), ...values];
    return redis.write(() => runScript(client, writeScript, names, args), readInteger);
  }

  return {
    get(keyId) {
      if (!redis.isUsable() || !isCacheable(keyId)) return nothing;
      return new Promise((resolve) => {
        reads.read(entries.formatName(keyId), (text) => {
          resolve(text !== null ? entries.open(keyId, text, clock.now()) : null);
        });
      });
    },

    fill(copy, readAt) {
      if (!isCacheable(copy.key.id) || fillsInFlight >= maxFillsInFlight) return;
      if (!redis.takesWrites()) {
        redis.skipWrite();
        return;
      }
      const until = computeExpiry(copy, readAt);
      const left = Math.min(until - clock.now(), maxEntryLifetimeMs);
      if (left < 1) return;
      fillsInFlight += 1;
      void write(copy, [entries], until, Math.floor(left)).then(() => {
        fillsInFlight -= 1;
      });
    },

    publish(copy, changedAt) {
      if (!redis.isUsable() || !isCacheable(copy.key.id)) return;
      // The version is kept for as long as an older copy could be read, whether or not it is usable itself.
      void write(copy, allEntries, computeExpiry(copy, changedAt), maxEntryLifetimeMs);
    },

    forget(keyId) {
      for (const each of allEntries) each.forget(keyId);
    },

    notifyOthers() {
      if (!redis.isUsable() || !invalidations.isOn) return;
      redis.query(
        () => invalidations.publish(),
        readInteger,
        () => undefined,
      );
    },

    onInvalidation(listener) {
      wake = listener;
    },

    status: () => redis.status(),

    async open() {
      invalidations.open();
      await redis.open();
    },

    close() {
      invalidations.close();
      redis.close();
      return Promise.resolve();
    },
  };
}

function checkLifetime(lifetimeMs: number): number {
  if (Number.isInteger(lifetimeMs) && lifetimeMs >= 1 && lifetimeMs <= maxEntryLifetimeMs) return lifetimeMs;
  throw new InvalidOptionError(`entryLifetimeMs must be a whole number from 1 to ${maxEntryLifetimeMs}`);
}
