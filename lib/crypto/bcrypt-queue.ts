import { FairQueue } from '../domain/fair-queue.js';
import { ApiKeysError } from '../errors.js';
import type { BcryptResult, BcryptTask } from './bcrypt-task.js';

/** Tasks wait in two lanes, so that a flood in one does not delay the other. */
export type BcryptLane = 'matching' | 'minting';

/** Bounds of one lane. */
export interface LaneBounds {
  /** Maximum number of waiting tasks. */
  readonly maxQueue: number;
  /** Maximum number of waiting tasks of one share. @default maxQueue */
  readonly maxPerShare?: number | undefined;
  /** How long a task may wait before it starts, in milliseconds; and how long it may then run. */
  readonly deadlineMs: number;
}

/** A waiting or running task. */
export interface BcryptJob {
  readonly lane: BcryptLane;
  readonly deadlineMs: number;
  readonly task: BcryptTask;
  /** Whether a runner has exited while it had this job. */
  wasDropped: boolean;
  resolve(answer: BcryptResult): void;
  /** Rejects with `ERR_API_KEYS_UNAVAILABLE`. */
  fail(cause: unknown): void;
}

/** Two bounded lanes that are served alternately. */
export interface BcryptQueue {
  /**
   * Rejects with `ERR_API_KEYS_UNAVAILABLE` when the lane or the share is full, when the task has waited too long, and
   * immediately when it is bound to wait too long.
   *
   * @param share - the owner of the task; tasks without one have a share in common
   */
  add(lane: BcryptLane, question: BcryptTask, share?: string): Promise<BcryptResult>;
  /** Puts a job that a runner has dropped before all others. */
  putBack(job: BcryptJob): void;
  /** Takes the next job to start, or `undefined`. */
  take(): BcryptJob | undefined;
  isEmpty(): boolean;
  /** Fails all waiting jobs. */
  clear(cause: unknown): void;
}

/** The weight of the newest task in the moving average. */
const newestWeight = 0.1;

/** Creates a queue; in each lane, shares are served round-robin, and each share first in, first out. */
export function createBcryptQueue(bounds: Readonly<Record<BcryptLane, LaneBounds>>): BcryptQueue {
  const lanes: Readonly<Record<BcryptLane, FairQueue<BcryptJob>>> = {
    matching: new FairQueue(),
    minting: new FairQueue(),
  };
  const returned: BcryptJob[] = [];
  const timers = new Map<BcryptJob, NodeJS.Timeout>();
  let servedLast: BcryptLane = 'matching';
  /** Milliseconds from one task to the next while others wait: a moving average. */
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
    if (size >= maxQueue) return `${maxQueue} tasks are already waiting for a slow hash`;
    if (lanes[lane].sizeOf(share) >= maxPerShare)
      return `${maxPerShare} tasks of the same owner are already waiting for a slow hash`;
    // The lanes are served alternately.
    const ahead = Math.min(lanes.matching.size + lanes.minting.size, 2 * size);
    if (ahead > 0 && ahead * averageMs > deadlineMs)
      return `${size} tasks are waiting for a slow hash, too many for the deadline`;
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
          fail(new Error(`the slow hash did not start within ${deadlineMs} ms`));
        }, deadlineMs);
        timers.set(job, timer);
        lanes[lane].add(share, job);
      });
    },

    putBack(job) {
      // At most one for each runner, and started before all others: they need no bound and no deadline.
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
