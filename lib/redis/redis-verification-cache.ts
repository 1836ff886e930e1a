import { withDeadline } from '../deadline.js';
import type { VerifiableKey } from '../domain/api-key.js';
import { InvalidOptionError } from '../errors.js';
import type { Clock } from '../ports/clock.js';
import type { Logger } from '../ports/logger.js';
import type { VerificationCache } from '../ports/verification-cache.js';
import { borrowRedis } from './borrow-redis.js';
import { Breaker } from './breaker.js';
import { checkRedisOption } from './check-redis-option.js';
import { connectRedis } from './connect-redis.js';
import { createKeyEntries, isCacheable } from './key-entries.js';
import { deriveMacKey, type RedisPepper } from './mac-key.js';
import { OutageLog } from './outage-log.js';
import type { RedisClient } from './redis-client.js';
import { redisRefusal } from './redis-refusal.js';
import { checkedReadScript, fillScript, maxEntryLifetimeMs, publishScript } from './scripts.js';
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
 * A Redis that refuses to write because it is a replica, or has lost its own (`READONLY`, `NOREPLICAS`), is not read
 * either until it takes a write: others may be publishing to another primary. That is found out by any write, when a
 * connection of our own is made, and by one read or question for the status a second, so that copies of a primary that
 * was replaced are used for a second and one deadline more at the longest. Nodes of a Cluster send reads on to the new
 * primary by themselves. Not noticed are a replica that may be written (`replica-read-only no`), and a primary that was
 * replaced but is cut off from the others and does not know (without `min-replicas-to-write`).
 *
 * @throws InvalidOptionError when the connection, the prefix or the lifetime cannot be used
 */
export function createRedisVerificationCache(options: RedisVerificationCacheOptions): VerificationCache {
  const { keyPrefix = 'api-keys:', clock, logger, deadlineMs = 250, connection } = options;
  checkRedisOption(connection, keyPrefix);
  const lifetimeMs = checkedLifetime(options.entryLifetimeMs ?? maxEntryLifetimeMs);
  const allEntries = options.peppers.map((pepper) => createKeyEntries(keyPrefix, deriveMacKey(pepper)));
  const [ownEntries] = allEntries;
  if (ownEntries === undefined) throw new InvalidOptionError('The Redis cache needs a pepper');
  const entries = ownEntries;
  /** Nobody's key; under the prefix, because an access list may allow nothing else. */
  const checkName = entries.nameOf('check');

  const outage = new OutageLog(logger, 'keys are read from the database only, and changes take effect late');
  const writeOutage = new OutageLog(logger, 'keys cannot be cached, and changes take effect late');
  const breaker = new Breaker();
  const { client, open, close } =
    typeof connection === 'string'
      ? connectRedis(connection, deadlineMs, {
          onError: (error) => outage.failed(error),
          onReady: () => void check(),
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

  function worked(): void {
    breaker.worked();
    outage.worked();
  }

  function failed(error: unknown): void {
    if (isClosed) return;
    breaker.failed();
    outage.failed(error);
  }

  function wrote(): void {
    worked();
    writeOutage.worked();
  }

  function failedToWrite(error: unknown): void {
    const refusal = redisRefusal(error);
    // Refused for want of memory or a permission, by the same Redis that the other processes use: it can still be read.
    if (refusal === null || refusal === 'READONLY' || refusal === 'NOREPLICAS') failed(error);
    else writeOutage.failed(error);
  }

  function sendCheckedRead(name: string): Promise<unknown> {
    return client.eval(checkedReadScript, 2, name, `${name}:check`);
  }

  /** What is held under a name, or `null`; never rejects. */
  async function read(name: string, pass: 'read' | 'check'): Promise<unknown> {
    try {
      if (pass === 'read') {
        // However large the value is that someone put there, no more than an entry is read of it.
        return await send(() => client.getrange(name, 0, maxEntryBytes - 1));
      }
      const found = await send(() => sendCheckedRead(name));
      worked();
      return found;
    } catch (error) {
      // Another program's value under our name is a miss, not an outage.
      if (redisRefusal(error) !== 'WRONGTYPE') failed(error);
      else if (pass === 'check') worked();
      return null;
    }
  }

  async function check(): Promise<void> {
    await read(checkName, 'check');
  }

  async function get(keyId: string): Promise<VerifiableKey | null> {
    if (!isCacheable(keyId) || !isReachable()) return null;
    const pass = breaker.tryPass();
    if (pass === 'none') return null;
    const found = await read(entries.nameOf(keyId), pass);
    // A check that was sent earlier may have failed meanwhile; then this was read from the same bad place.
    if (breaker.isOpen() || typeof found !== 'string') return null;
    return entries.open(keyId, found, clock.now());
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
      if (answer === 'written') wrote();
      if (answer === 'late' && clock.now() < acceptUntil) warnOfClocks();
    } catch (error) {
      failedToWrite(error);
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
      if (Array.isArray(held) && held.includes('')) wrote();
      // Whoever can write to Redis can put a high version there; only an authentic one tells of a later change.
      return (
        Array.isArray(held) && allEntries.every((each, i) => held[i] === '' || each.isNewer(key, held[i]))
      );
    } catch (error) {
      failedToWrite(error);
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

    status() {
      if (isClosed || client.status !== 'ready') return 'down';
      // An app that takes no requests until this says `up` would otherwise wait for good.
      if (breaker.tryPass() === 'check') void check();
      return breaker.isOpen() ? 'down' : 'up';
    },

    async open() {
      try {
        // The first command also makes a lazy client connect, for which it may take longer than others.
        const checked = open().then(() => sendCheckedRead(checkName));
        await withDeadline(checked, openDeadlineMs, 'connecting to Redis');
        worked();
      } catch (error) {
        failed(error);
      }
    },

    close() {
      isClosed = true;
      close();
      return Promise.resolve();
    },
  };
}

function checkedLifetime(lifetimeMs: number): number {
  if (Number.isInteger(lifetimeMs) && lifetimeMs >= 1 && lifetimeMs <= maxEntryLifetimeMs) return lifetimeMs;
  throw new InvalidOptionError(`entryLifetimeMs must be a whole number from 1 to ${maxEntryLifetimeMs}`);
}
