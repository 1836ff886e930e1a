import type { Logger } from '../ports/logger.js';
import type { CountedDemand, LimitDemand, LimitSubject, RateLimiter } from '../ports/rate-limiter.js';
import { BatchedCounts } from './batched-counts.js';
import { limitScript, type LimitCommand } from './limit-script.js';
import { OutageLog } from './outage-log.js';
import { isUnreadable, readInteger, readIntegers } from './read-answer.js';
import { defaultKeyPrefix, type ManagedRedis } from './managed-redis.js';
import { redisRefusal } from './redis-refusal.js';
import { runScript } from './run-script.js';

/** How long Redis is not asked to count after it refused to, in milliseconds. */
const pauseMs = 1000;

/** What counting in Redis needs. */
export interface RedisRateLimiterParts {
  /** Opened and closed by whoever made it. */
  readonly redis: ManagedRedis;
  /** What every Redis key begins with. */
  readonly keyPrefix?: string | undefined;
  readonly logger: Logger;
}

/**
 * Counts requests in Redis, for all processes together. The names of a demand's counters share a hash tag, so that one
 * script can count them all, in a Cluster too.
 *
 * A Redis that cannot count (no answer in time or none that can be read, no memory left, a replica, a command that the
 * access list lacks) is left alone for a while; meanwhile the answer is `null`, at once. It is up again when it has
 * counted.
 */
export function createRedisRateLimiter({
  redis,
  keyPrefix = defaultKeyPrefix,
  logger,
}: RedisRateLimiterParts): RateLimiter {
  const { client } = redis;
  const outage = new OutageLog(logger, 'limits are counted by each process alone, or refused');
  const written = new WeakMap<LimitDemand['subjects'], WrittenSubjects>();
  let asksAgainAt = -Infinity;
  /** Redis can be reached, and did not count when it was last asked to. */
  let hasRefused = false;

  function mayAsk(): boolean {
    return redis.isUsable() && performance.now() >= asksAgainAt;
  }

  function worked(): void {
    hasRefused = false;
    outage.worked();
  }

  function failed(error: unknown): void {
    asksAgainAt = performance.now() + pauseMs;
    // When it cannot be reached, that it is back is known without counting.
    hasRefused = isUnreadable(error) || redisRefusal(error) !== null;
    outage.failed(error);
  }

  /** Counts in a window of nobody: without requests nothing else would tell that Redis counts again. */
  function probe(): void {
    asksAgainAt = performance.now() + pauseMs;
    redis.exchange(
      () => run('count', [`${keyPrefix}limits:{probe}:probe`], ['1:probe 1000000 1000;']),
      (answer) => readIntegers(answer, 5),
      () => {
        asksAgainAt = -Infinity;
        worked();
      },
      failed,
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
        (answer) => readIntegers(answer, length),
        (answer) => {
          worked();
          done(answer);
        },
        (error) => {
          failed(error);
          done(null);
        },
      ),
    { byPlace: client.isCluster === true },
  );

  /** What is sent of the same list of subjects again and again, written once for each version of a key. */
  function write({ place, subjects }: LimitDemand): WrittenSubjects {
    const known = written.get(subjects);
    if (known?.place === place) return known;
    const last = subjects.length - 1;
    const made = {
      place,
      names: subjects.map(({ name }) => `${keyPrefix}limits:{${place}}:${name}`),
      values: subjects.map((subject, index) => `:${index === last ? '' : '+'}${windowsOf(subject)}`),
    };
    written.set(subjects, made);
    return made;
  }

  return {
    count(demand) {
      if (!mayAsk()) return null;
      const { names, values } = write(demand);
      const costs = String(demand.cost);
      const priced = values.map((value) => costs + value);
      return new Promise<CountedDemand | null>((resolve) => {
        counts.count({ demand, names, values: priced }, resolve);
      });
    },

    giveBack(demand: LimitDemand, { isWithin, windows }: CountedDemand) {
      if (!isWithin || !mayAsk()) return;
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
        failed,
      );
    },

    isUp() {
      if (!mayAsk()) return false;
      if (hasRefused) probe();
      return !hasRefused;
    },
  };
}

/** Subjects as the script takes them. */
interface WrittenSubjects {
  readonly place: string;
  readonly names: readonly string[];
  /** To be put behind the cost. */
  readonly values: readonly string[];
}

function windowsOf({ limits }: LimitSubject): string {
  return limits.map(({ name, limit, windowSeconds }) => `${name} ${limit} ${windowSeconds * 1000};`).join('');
}
