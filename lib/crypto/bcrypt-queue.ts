import { ApiKeysError } from '../errors.js';
import type { BcryptAnswer, BcryptQuestion } from './bcrypt-question.js';

/** Questions wait in two lanes, so that a flood in one does not hold up the other. */
export type BcryptLane = 'matching' | 'minting';

/** Bounds of one lane. */
export interface LaneBounds {
  /** Most questions that wait. */
  readonly maxQueue: number;
  /** How long a question may wait before it is begun, in milliseconds; and how long it may then take. */
  readonly deadlineMs: number;
}

/** A question that waits or is being answered. */
export interface BcryptJob {
  readonly lane: BcryptLane;
  readonly deadlineMs: number;
  readonly question: BcryptQuestion;
  /** Whether a runner has ended while it had this job. */
  wasDropped: boolean;
  resolve(answer: BcryptAnswer): void;
  /** Rejects with `ERR_API_KEYS_UNAVAILABLE`. */
  fail(cause: unknown): void;
}

/** Two bounded lanes that are served in turn. */
export interface BcryptQueue {
  /** Rejects with `ERR_API_KEYS_UNAVAILABLE` when the lane is full or the question waited too long. */
  add(lane: BcryptLane, question: BcryptQuestion): Promise<BcryptAnswer>;
  /** Puts a job that a runner dropped to the front of its lane. */
  putBack(job: BcryptJob): void;
  /** The next job to begin, or `undefined`. */
  take(): BcryptJob | undefined;
  isEmpty(): boolean;
  /** Fails all that wait. */
  clear(cause: unknown): void;
}

/** Makes a queue; each lane is first in, first out. */
export function createBcryptQueue(bounds: Readonly<Record<BcryptLane, LaneBounds>>): BcryptQueue {
  const lanes: Readonly<Record<BcryptLane, Set<BcryptJob>>> = { matching: new Set(), minting: new Set() };
  const returned: BcryptJob[] = [];
  const timers = new Map<BcryptJob, NodeJS.Timeout>();
  let servedLast: BcryptLane = 'matching';

  function takeFrom(lane: BcryptLane): BcryptJob | undefined {
    const [job] = lanes[lane];
    if (job === undefined) return undefined;
    lanes[lane].delete(job);
    clearTimeout(timers.get(job));
    timers.delete(job);
    servedLast = lane;
    return job;
  }

  return {
    add(lane, question) {
      const { maxQueue, deadlineMs } = bounds[lane];
      return new Promise((resolve, reject) => {
        const fail = (cause: unknown): void => reject(new ApiKeysError('unavailable', { cause }));
        if (lanes[lane].size >= maxQueue) {
          fail(new Error(`${maxQueue} questions wait for bcrypt already`));
          return;
        }
        const job: BcryptJob = { lane, deadlineMs, question, wasDropped: false, resolve, fail };
        const timer = setTimeout(() => {
          lanes[lane].delete(job);
          timers.delete(job);
          fail(new Error(`bcrypt did not begin within ${deadlineMs} ms`));
        }, deadlineMs);
        timers.set(job, timer);
        lanes[lane].add(job);
      });
    },

    putBack(job) {
      // As many as there are runners at most, and begun before all others: no bound and no deadline of their own.
      returned.push(job);
    },

    take() {
      return (
        returned.shift() ??
        takeFrom(servedLast === 'matching' ? 'minting' : 'matching') ??
        takeFrom(servedLast)
      );
    },

    isEmpty: () => returned.length + lanes.matching.size + lanes.minting.size === 0,

    clear(cause) {
      for (const job of [...returned.splice(0), ...lanes.matching, ...lanes.minting]) job.fail(cause);
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
      lanes.matching.clear();
      lanes.minting.clear();
    },
  };
}
