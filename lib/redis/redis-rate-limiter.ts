import type { Logger } from '../ports/logger.js';
import type { CountedDemand, LimitDemand, LimitSubject, RateLimiter } from '../ports/rate-limiter.js';
import { BatchedCounts } from './batched-counts.js';
import { limitScript, type LimitCommand } from './limit-script.js';
import { OutageLog } from './outage-log.js';
import { isUnreadable, readInteger, readCounts } from './read-answer.js';
import { defaultKeyPrefix } from './default-key-prefix.js';
import type { ManagedRedis } from './managed-redis.js';
import { readRedisRefusal } from './redis-refusal.js';
import { runScript } from './run-script.js';

/** How long Redis is not used for counting after a refusal, in milliseconds. */
const pauseMs = 1000;

/** The connection that requests are counted over. */
export interface RedisRateLimiterParts {
  /** Opened and closed by its creator. */
  readonly redis: ManagedRedis;
  /** What every Redis key begins with. */
  readonly keyPrefix?: string | undefined;
  readonly logger: Logger;
}

/**
 * Counts requests in Redis, for all processes together. The names of a demand's counters share a hash tag, so that
 * one script can count them all, in a Cluster too.
 *
 * A Redis that cannot count (no reply in time or none that can be read, no memory left, a replica, a command that the
 * access list does not allow) is not used for a while; meanwhile the result is `null`, at once. It is up again when
 * it has counted.
 */
export function createRedisRateLimiter({
  redis,
  keyPrefix = defaultKeyPrefix,
  logger,
}: RedisRateLimiterParts): RateLimiter {
  const { client } = redis;
  const outage = new OutageLog(logger, {
    begins: 'limits are counted by each process alone, or refused',
    ends: 'limits are counted by all processes together again',
  });
  const written = new WeakMap<LimitDemand['subjects'], WrittenSubjects>();
  let pausedUntil = -Infinity;
  /** Redis is reachable, and did not count the last time. */
  let hasRefused = false;

  function isAvailable(): boolean {
    return redis.isUsable() && performance.now() >= pausedUntil;
  }

  function noteSuccess(): void {
    hasRefused = false;
    outage.worked();
  }

  function noteFailure(error: unknown): void {
    pausedUntil = performance.now() + pauseMs;
    // For an unreachable Redis, its return is noticed without counting. One that refused before and was then out of reach,
    // as a replica to which the connection is made again, has still to show that it counts.
    hasRefused ||= isUnreadable(error) || readRedisRefusal(error) !== null;
    outage.failed(error);
  }

  /** Counts in a window that belongs to no key: without requests, nothing else would show that Redis counts again. */
  function probe(): void {
    pausedUntil = performance.now() + pauseMs;
    redis.exchange(
      () => run('count', [`${keyPrefix}limits:{probe}:probe`], ['1:probe 1000000 1000;']),
      (answer) => readCounts(answer, 5),
      () => {
        pausedUntil = -Infinity;
        noteSuccess();
      },
      noteFailure,
    );
  }

  const run = (
    command: LimitCommand,
    names: readonly string[],
    values: readonly string[],
  ): Promise<unknown> => runScript(client, limitScript, names, [command, ...values]);

  const counts = new BatchedCounts(
    (names, values, length, done) =>
      redis.exchange(
        () => run('count', names, values),
        (answer) => readCounts(answer, length),
        (answer) => {
          noteSuccess();
          done(answer);
        },
        (error) => {
          noteFailure(error);
          done(null);
        },
      ),
    { byPlace: client.isCluster === true },
  );

  /** Formats the part of a demand that is the same for every request, once for each version of a key. */
  function write({ place, subjects }: LimitDemand): WrittenSubjects {
    const known = written.get(subjects);
    if (known?.place === place) return known;
    const last = subjects.length - 1;
    const made = {
      place,
      names: subjects.map(({ name }) => `${keyPrefix}limits:{${place}}:${name}`),
      values: subjects.map((subject, index) => `:${index === last ? '' : '+'}${formatWindows(subject)}`),
    };
    written.set(subjects, made);
    return made;
  }

  return {
    count(demand) {
      if (!isAvailable()) {
        if (!redis.isClosed()) outage.skipped();
        return null;
      }
      const { names, values } = write(demand);
      const costs = String(demand.cost);
      const priced = values.map((value) => costs + value);
      return new Promise<CountedDemand | null>((resolve) => {
        counts.count({ demand, names, values: priced }, resolve);
      });
    },

    giveBack(demand: LimitDemand, { isWithin, windows }: CountedDemand) {
      if (!isWithin || !isAvailable()) return;
      let taken = 0;
      const { subjects, cost } = demand;
      const { names } = write(demand);
      const values = subjects.map(({ limits }) =>
        limits.map(({ name }) => `${name} ${windows[taken++]?.endsAt ?? 0} ${cost};`).join(''),
      );
      redis.exchange(
        () => run('give-back', names, values),
        readInteger,
        () => undefined,
        noteFailure,
      );
    },

    isUp() {
      if (!isAvailable()) return false;
      if (hasRefused) probe();
      return !hasRefused;
    },
  };
}

/** Subjects in the form that the script takes. */
interface WrittenSubjects {
  readonly place: string;
  readonly names: readonly string[];
  /** Appended to the cost. */
  readonly values: readonly string[];
}

function formatWindows({ limits }: LimitSubject): string {
  return limits.map(({ name, limit, windowSeconds }) => `${name} ${limit} ${windowSeconds * 1000};`).join('');
}
