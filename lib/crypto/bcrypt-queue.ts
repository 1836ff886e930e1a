import { FairQueue } from '../domain/fair-queue.js';
import { ApiKeysError } from '../errors.js';
import type { BcryptResult, BcryptTask } from './bcrypt-task.js';

/** Questions wait in two lanes, so that a flood in one does not hold up the other. */
export type BcryptLane = 'matching' | 'minting';

/** Bounds of one lane. */
export interface LaneBounds {
  /** Most questions that wait. */
  readonly maxQueue: number;
  /** Most questions of one share that wait. @default maxQueue */
  readonly maxPerShare?: number | undefined;
  /** How long a question may wait before it is begun, in milliseconds; and how long it may then take. */
  readonly deadlineMs: number;
}

/** A question that waits or is being answered. */
export interface BcryptJob {
  readonly lane: BcryptLane;
  readonly deadlineMs: number;
  readonly task: BcryptTask;
  /** Whether a runner has ended while it had this job. */
  wasDropped: boolean;
  resolve(answer: BcryptResult): void;
  /** Rejects with `ERR_API_KEYS_UNAVAILABLE`. */
  fail(cause: unknown): void;
}

/** Two bounded lanes that are served in turn. */
export interface BcryptQueue {
  /**
   * Rejects with `ERR_API_KEYS_UNAVAILABLE` when the lane or the share is full, when the question waited too long, and at
   * once when it would.
   *
   * @param share - whose question it is; those without one share one
   */
  add(lane: BcryptLane, question: BcryptTask, share?: string): Promise<BcryptResult>;
  /** Puts a job that a runner dropped to the front of its lane. */
  putBack(job: BcryptJob): void;
  /** The next job to begin, or `undefined`. */
  take(): BcryptJob | undefined;
  isEmpty(): boolean;
  /** Fails all that wait. */
  clear(cause: unknown): void;
}

/** By how much the last question counts in the average. */
const newestWeight = 0.1;

/** Makes a queue; in each lane shares are served in turn, and each one first in, first out. */
export function createBcryptQueue(bounds: Readonly<Record<BcryptLane, LaneBounds>>): BcryptQueue {
  const lanes: Readonly<Record<BcryptLane, FairQueue<BcryptJob>>> = {
    matching: new FairQueue(),
    minting: new FairQueue(),
  };
  const returned: BcryptJob[] = [];
  const timers = new Map<BcryptJob, NodeJS.Timeout>();
  let servedLast: BcryptLane = 'matching';
  /** Milliseconds from one question to the next while others wait: a moving average. */
  let averageMs = 0;
  let takenAt: number | null = null;

  function takeFrom(lane: BcryptLane): BcryptJob | undefined {
    const job = lanes[lane].take();
    if (job === undefined) return undefined;
    clearTimeout(timers.get(job));
    timers.delete(job);
    servedLast = lane;
    noteTaken();
    return job;
  }

  function noteTaken(): void {
    const now = performance.now();
    if (takenAt !== null) averageMs += (now - takenAt - averageMs) * newestWeight;
    takenAt = lanes.matching.size + lanes.minting.size === 0 ? null : now;
  }

  function findRefusalReason(lane: BcryptLane, share: string): string | null {
    const { maxQueue, maxPerShare = maxQueue, deadlineMs } = bounds[lane];
    const { size } = lanes[lane];
    if (size >= maxQueue) return `${maxQueue} questions wait for bcrypt already`;
    if (lanes[lane].sizeOf(share) >= maxPerShare)
      return `${maxPerShare} of the same owner wait for bcrypt already`;
    // The lanes are served in turn.
    const ahead = Math.min(lanes.matching.size + lanes.minting.size, 2 * size);
    if (ahead > 0 && ahead * averageMs > deadlineMs)
      return `${size} wait for bcrypt, too many for the deadline`;
    return null;
  }

  return {
    add(lane, question, share = '') {
      const { deadlineMs } = bounds[lane];
      return new Promise((resolve, reject) => {
        const fail = (cause: unknown): void => reject(new ApiKeysError('unavailable', { cause }));
        const reason = findRefusalReason(lane, share);
        if (reason !== null) {
          fail(new Error(reason));
          return;
        }
        const job: BcryptJob = { lane, deadlineMs, task: question, wasDropped: false, resolve, fail };
        const timer = setTimeout(() => {
          lanes[lane].remove(share, job);
          timers.delete(job);
          fail(new Error(`bcrypt did not begin within ${deadlineMs} ms`));
        }, deadlineMs);
        timers.set(job, timer);
        lanes[lane].add(share, job);
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
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
      const waiting = [...lanes.matching.clear(), ...lanes.minting.clear()];
      for (const job of [...returned.splice(0), ...waiting]) job.fail(cause);
    },
  };
}
