import { FairQueue } from '../domain/fair-queue.js';
import { ApiKeysError } from '../errors.js';
import type { BcryptResult, BcryptTask } from './bcrypt-task.js';

/**
 * Tasks wait in lanes, so that a flood in one does not delay another: secrets of our own keys that are compared, hashes of other
 * systems that are, and hashes of new secrets.
 */
export type BcryptLane = 'matching' | 'importedMatching' | 'minting';

/** Bounds of one lane. */
export interface LaneBounds {
  /** Maximum number of waiting tasks. */
  readonly maxQueue: number;
  /** Maximum number of waiting tasks of one share. @default maxQueue */
  readonly maxPerShare?: number | undefined;
  /** How long a task may wait before it starts, in milliseconds. */
  readonly deadlineMs: number;
  /** How long it may then run. @default deadlineMs */
  readonly runMs?: number | undefined;
}

/** A waiting or running task. */
export interface BcryptJob {
  readonly lane: BcryptLane;
  /** How long it may run, in milliseconds. */
  readonly runMs: number;
  readonly task: BcryptTask;
  /** Whether a runner has exited while it had this job. */
  wasDropped: boolean;
  resolve(answer: BcryptResult): void;
  /** Rejects with `ERR_API_KEYS_UNAVAILABLE`. */
  fail(cause: unknown): void;
}

/** Bounded lanes that are served in turn. */
export interface BcryptQueue {
  /**
   * Rejects with `ERR_API_KEYS_UNAVAILABLE` when the lane or the share is full, when the task has waited too long, and
   * immediately when it is bound to wait too long.
   *
   * @param share - the owner or the network that the task is for; tasks without one have a share in common
   */
  add(lane: BcryptLane, question: BcryptTask, share?: string): Promise<BcryptResult>;
  /** Puts a job that a runner has dropped before all others. */
  putBack(job: BcryptJob): void;
  /** Takes the next job to start, or `undefined`. */
  take(): BcryptJob | undefined;
  isEmpty(): boolean;
  /** How many tasks wait in a lane. */
  countWaiting(lane: BcryptLane): number;
  /** Fails all waiting jobs. */
  clear(cause: unknown): void;
}

/** The weight of the newest task in the moving average. */
const newestWeight = 0.1;

/** Creates a queue; in each lane, shares are served round-robin, and each share first in, first out. */
export function createBcryptQueue(bounds: Readonly<Record<BcryptLane, LaneBounds>>): BcryptQueue {
  const lanes: Readonly<Record<BcryptLane, FairQueue<BcryptJob>>> = {
    minting: new FairQueue(),
    importedMatching: new FairQueue(),
    matching: new FairQueue(),
  };
  /** The lane that was served last is the last one. */
  const order = Object.keys(lanes) as BcryptLane[];
  const returned: BcryptJob[] = [];
  const timers = new Map<BcryptJob, NodeJS.Timeout>();
  /** Milliseconds from one task to the next while others wait: a moving average. */
  let averageMs = 0;
  let takenAt: number | null = null;

  function takeFrom(lane: BcryptLane): BcryptJob | undefined {
    const job = lanes[lane].take();
    if (job === undefined) return undefined;
    clearTimeout(timers.get(job));
    timers.delete(job);
    order.push(...order.splice(order.indexOf(lane), 1));
    noteTaken();
    return job;
  }

  function countAllWaiting(): number {
    let waiting = 0;
    for (const { size } of Object.values(lanes)) waiting += size;
    return waiting;
  }

  function noteTaken(): void {
    const now = performance.now();
    if (takenAt !== null) averageMs += (now - takenAt - averageMs) * newestWeight;
    takenAt = countAllWaiting() === 0 ? null : now;
  }

  /** How many tasks, at the most, start before one that is added now: lanes are served in turn, and in each the shares. */
  function countAhead(lane: BcryptLane, share: string): number {
    const own = lanes[lane].countAhead(share);
    let ahead = own;
    for (const other of order) if (other !== lane) ahead += Math.min(lanes[other].size, own + 1);
    return ahead;
  }

  function findRefusalReason(lane: BcryptLane, share: string): string | null {
    const { maxQueue, maxPerShare = maxQueue, deadlineMs } = bounds[lane];
    const { size } = lanes[lane];
    if (size >= maxQueue) return `${maxQueue} tasks are already waiting for a slow hash`;
    if (lanes[lane].sizeOf(share) >= maxPerShare)
      return `${maxPerShare} tasks of the same owner or network are already waiting for a slow hash`;
    const ahead = countAhead(lane, share);
    if (ahead > 0 && ahead * averageMs > deadlineMs)
      return `${ahead} tasks go before it, too many for the deadline`;
    return null;
  }

  return {
    add(lane, question, share = '') {
      const { deadlineMs, runMs = deadlineMs } = bounds[lane];
      return new Promise((resolve, reject) => {
        const fail = (cause: unknown): void => reject(new ApiKeysError('unavailable', { cause }));
        const reason = findRefusalReason(lane, share);
        if (reason !== null) {
          fail(new Error(reason));
          return;
        }
        const job: BcryptJob = { lane, runMs, task: question, wasDropped: false, resolve, fail };
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
      if (returned.length > 0) return returned.shift();
      const lane = order.find((each) => lanes[each].size > 0);
      return lane === undefined ? undefined : takeFrom(lane);
    },

    isEmpty: () => returned.length + countAllWaiting() === 0,
    countWaiting: (lane) => lanes[lane].size,

    clear(cause) {
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
      const waiting = Object.values(lanes).flatMap((lane) => lane.clear());
      for (const job of [...returned.splice(0), ...waiting]) job.fail(cause);
    },
  };
}
