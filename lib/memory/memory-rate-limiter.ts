import type { RateLimit } from '../domain/rate-limit.js';
import type { Clock } from '../ports/clock.js';
import type { CountedDemand, CountedWindow, LimitDemand, RateLimiter } from '../ports/rate-limiter.js';

/** The maximum number of subjects whose counters are kept. */
const defaultMaxSubjects = 50_000;
/** How many counters are checked for expiry whenever one is added. */
const sweepSize = 2;

interface Counter {
  used: number;
  /** Wall clock in milliseconds. */
  endsAt: number;
}

/** Name of the window -> counter. */
type Counters = Map<string, Counter>;

/** A limiter that returns its results synchronously. */
export interface MemoryRateLimiter extends RateLimiter {
  count(demand: LimitDemand): CountedDemand;
}

/**
 * Counts requests in this process. When there are more subjects than are kept, the least recently used one is
 * dropped: to restart its windows, a caller would need that many other keys.
 */
export function createMemoryRateLimiter(
  clock: Clock,
  maxSubjects: number = defaultMaxSubjects,
): MemoryRateLimiter {
  const subjects = new Map<string, Counters>();

  /** Stores the counters of a subject as the most recently used ones. */
  function keep(name: string, counters: Counters, now: number): void {
    if (!subjects.delete(name)) makeRoom(now);
    subjects.set(name, counters);
  }

  function makeRoom(now: number): void {
    let looked = 0;
    for (const [name, counters] of subjects) {
      if (looked === sweepSize) break;
      looked += 1;
      const hasRunOut = [...counters.values()].every(({ endsAt }) => endsAt <= now);
      if (hasRunOut || subjects.size >= maxSubjects) subjects.delete(name);
    }
  }

  return {
    count({ place, subjects: counted, cost }) {
      const now = clock.now();
      const found = counted.map((subject) => {
        const name = `${place}:${subject.name}`;
        const counters = subjects.get(name);
        const running = subject.limits.map((policy) => ({
          policy,
          counter: findRunningCounter(counters, policy, now),
        }));
        return { name, running };
      });
      const all = found.flatMap(({ running }) => running);
      const isWithin = all.every(({ policy, counter }) => counter.used + cost <= policy.limit);
      const windows = all.map(({ policy, counter }): CountedWindow => {
        const { used, endsAt } = counter;
        const isViolated = used + cost > policy.limit;
        return { policy, used: isWithin ? used + cost : used, endsAt, leftMs: endsAt - now, isViolated };
      });
      if (isWithin) {
        for (const { name, running } of found) {
          for (const { counter } of running) counter.used += cost;
          // Windows that the subject no longer has are dropped.
          keep(name, new Map(running.map(({ policy, counter }) => [policy.name, counter])), now);
        }
      }
      return { isWithin, windows };
    },

    giveBack({ place, subjects: counted, cost }, { isWithin, windows }) {
      if (!isWithin) return;
      let index = 0;
      for (const subject of counted) {
        const counters = subjects.get(`${place}:${subject.name}`);
        for (const { name } of subject.limits) {
          const counter = counters?.get(name);
          // Nothing was taken from a window that has begun since.
          if (counter !== undefined && counter.endsAt === windows[index]?.endsAt) {
            counter.used = Math.max(0, counter.used - cost);
          }
          index += 1;
        }
      }
    },

    isUp: () => true,
  };
}

/** Finds the counter of the running window, or creates that of a window that would begin now. */
function findRunningCounter(
  counters: Counters | undefined,
  { name, windowSeconds }: RateLimit,
  now: number,
): Counter {
  const windowMs = windowSeconds * 1000;
  const counter = counters?.get(name);
  if (counter === undefined || counter.endsAt <= now) return { used: 0, endsAt: now + windowMs };
  // When the window was shortened or the clock was set back, no caller may have to wait longer than a window.
  counter.endsAt = Math.min(counter.endsAt, now + windowMs);
  return counter;
}
