import type { RateLimit } from '../domain/rate-limit.js';
import type { Clock } from '../ports/clock.js';
import type {
  CountedDemand,
  CountedWindow,
  LimitDemand,
  LimitSubject,
  RateLimiter,
} from '../ports/rate-limiter.js';

/** Most subjects whose counters are kept. */
const defaultMaxSubjects = 50_000;
/** Counters that are looked at, for ones that have run out, whenever one is added. */
const sweptAtOnce = 2;

interface Counter {
  used: number;
  /** Wall clock in milliseconds. */
  endsAt: number;
}

/** By the name of the window. */
type Counters = Map<string, Counter>;

/** A limiter that answers at once. */
export interface MemoryRateLimiter extends RateLimiter {
  count(demand: LimitDemand): CountedDemand;
}

/**
 * Counts requests in this process. When there are more subjects than are kept, the one that was used least lately is
 * forgotten: to begin its windows anew, a caller would need that many other keys.
 */
export function createMemoryRateLimiter(
  clock: Clock,
  maxSubjects: number = defaultMaxSubjects,
): MemoryRateLimiter {
  const subjects = new Map<string, Counters>();

  /** The counters of a subject, moved to the end of the line. */
  function countersOf(subject: LimitSubject, place: string, now: number): Counters {
    const name = `${place}:${subject.name}`;
    const found = subjects.get(name);
    if (found !== undefined) subjects.delete(name);
    else makeRoom(now);
    const counters = found ?? new Map<string, Counter>();
    subjects.set(name, counters);
    return counters;
  }

  function makeRoom(now: number): void {
    let looked = 0;
    for (const [name, counters] of subjects) {
      if (looked === sweptAtOnce) break;
      looked += 1;
      const hasRunOut = [...counters.values()].every(({ endsAt }) => endsAt <= now);
      if (hasRunOut || subjects.size >= maxSubjects) subjects.delete(name);
    }
  }

  return {
    count({ place, subjects: counted, cost }) {
      const now = clock.now();
      const running = counted.flatMap((subject) => {
        const counters = countersOf(subject, place, now);
        return subject.limits.map((policy) => ({
          policy,
          counters,
          counter: runningCounter(counters, policy, now),
        }));
      });
      const isWithin = running.every(({ policy, counter }) => counter.used + cost <= policy.limit);
      const windows = running.map(({ policy, counters, counter }): CountedWindow => {
        const isViolated = counter.used + cost > policy.limit;
        if (isWithin) {
          counter.used += cost;
          counters.set(policy.name, counter);
        }
        const { used, endsAt } = counter;
        return { policy, used, endsAt, leftMs: endsAt - now, isViolated };
      });
      return { isWithin, windows };
    },

    giveBack({ place, subjects: counted, cost }, { isWithin, windows }) {
      if (!isWithin) return;
      let index = 0;
      for (const subject of counted) {
        const counters = subjects.get(`${place}:${subject.name}`);
        for (const { name } of subject.limits) {
          const counter = counters?.get(name);
          // Of a window that has begun since, nothing was taken.
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

/** The counter of the window that runs now, or of one that would begin now. */
function runningCounter(counters: Counters, { name, windowSeconds }: RateLimit, now: number): Counter {
  const windowMs = windowSeconds * 1000;
  const counter = counters.get(name);
  if (counter === undefined || counter.endsAt <= now) return { used: 0, endsAt: now + windowMs };
  // The window was made shorter, or the clock was set back: neither may make anybody wait longer than a window.
  counter.endsAt = Math.min(counter.endsAt, now + windowMs);
  return counter;
}
