import { setImmediate as nextTurn } from 'node:timers/promises';
import { FairQueue } from '../domain/fair-queue.js';
import { ApiKeysError } from '../errors.js';
import type { ChangeLane, ChangeQueuing } from '../ports/key-store.js';
import type { TimeBudget } from './time-budget.js';

/** The maximum number of changes of one share that wait to give something. */
const maxPerShare = 128;
/** By how much the last change counts in the average. */
const newestWeight = 0.1;

/**
 * Lets one change through at a time. What takes away goes first; within a lane, shares are served in turn, and each one
 * in the order of arrival. A change that gives, whose share has too many waiting already or whose turn would come too
 * late, is refused at once: to wait in vain only makes others wait.
 */
export class PriorityMutex {
  readonly #lanes: Readonly<Record<ChangeLane, FairQueue<() => Promise<void>>>> = {
    taking: new FairQueue(),
    giving: new FairQueue(),
  };
  #isBusy = false;
  /** How long a change takes, in milliseconds: a moving average. */
  #averageMs = 0;
  #whenEmpty: (() => void)[] = [];

  /** @throws ApiKeysError `ERR_API_KEYS_UNAVAILABLE` when the change could not be made in time */
  pass<T>(budget: TimeBudget, queuing: ChangeQueuing, work: () => Promise<T>): Promise<T> {
    const { lane = 'giving', share } = queuing;
    // What takes away is always tried.
    const isBounded = lane === 'giving' && share !== undefined;
    const reason = isBounded ? this.#reasonToRefuse(budget, share) : null;
    if (reason !== null) return Promise.reject(new ApiKeysError('unavailable', { cause: new Error(reason) }));
    return new Promise((resolve, reject) => {
      this.#lanes[lane].add(share ?? '', async () => {
        try {
          // The caller has already received a timeout; the change must not be made after that.
          budget.check();
          resolve(await this.#timed(work));
        } catch (error) {
          reject(error as Error);
        }
      });
      if (!this.#isBusy) void this.#run();
    });
  }

  /** Settles when nothing waits or runs any more; never rejects. */
  async empty(): Promise<void> {
    if (this.#isBusy) await new Promise<void>((resolve) => this.#whenEmpty.push(resolve));
  }

  #reasonToRefuse(budget: TimeBudget, share: string): string | null {
    const { taking, giving } = this.#lanes;
    if (giving.sizeOf(share) >= maxPerShare) return `${maxPerShare} changes of the same owner wait already`;
    const ahead = taking.size + giving.size;
    if (ahead === 0 || this.#averageMs * (ahead + 1) <= budget.remainingMs) return null;
    return `${ahead} changes wait already, too many for the deadline`;
  }

  async #timed<T>(work: () => Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await work();
    } finally {
      this.#averageMs += (performance.now() - start - this.#averageMs) * newestWeight;
    }
  }

  async #run(): Promise<void> {
    this.#isBusy = true;
    for (;;) {
      const next = this.#lanes.taking.take() ?? this.#lanes.giving.take();
      if (next === undefined) break;
      await next();
      // SQLite runs in the thread of the event loop: what takes away must be able to arrive in between.
      if (this.#lanes.taking.size + this.#lanes.giving.size > 0) await nextTurn();
    }
    this.#isBusy = false;
    for (const tell of this.#whenEmpty.splice(0)) tell();
  }
}
