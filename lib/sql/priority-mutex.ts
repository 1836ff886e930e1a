import { setImmediate as nextTurn } from 'node:timers/promises';
import { FairQueue } from '../domain/fair-queue.js';
import { ApiKeysError } from '../errors.js';
import type { ChangeLane, ChangeQueuing } from '../ports/key-store.js';
import type { TimeBudget } from './time-budget.js';

/** The weight of the last change in the average. */
const newestWeight = 0.1;

/** How many changes that revoke go before one of the other lanes, when both wait. */
const takingInARow = 8;

/** How a change waits: in which lane, and in whose share of it. */
export interface MutexQueuing extends Omit<ChangeQueuing, 'lane'> {
  /** `own` are steps that the process itself depends on. @default 'giving' */
  readonly lane?: ChangeLane | 'own' | undefined;
}

/**
 * Runs one change at a time. Changes that revoke go first, then what the process itself depends on; after some that revoke, one of
 * the others, so that no flood of them stops these. Within a lane, shares are served in turn, and each one in the order of arrival.
 * A change of the lane `giving` is refused at once when its share has too many waiting changes, or when its turn would come too late,
 * unless its share is not bounded so: waiting in vain would only make others wait.
 */
export class PriorityMutex {
  readonly #lanes: Readonly<Record<ChangeLane | 'own', FairQueue<() => Promise<void>>>> = {
    taking: new FairQueue(),
    own: new FairQueue(),
    giving: new FairQueue(),
  };
  readonly #maxPerShare: number;
  #isBusy = false;
  /** The moving average of a change's duration, in milliseconds. */
  #averageMs = 0;
  /** How many changes that revoke have gone before the others since one of these had its turn. */
  #takenInARow = 0;
  #whenEmpty: (() => void)[] = [];

  /** @param maxPerShare - the maximum number of waiting changes of one share in the lane `giving` that is bounded by `count` */
  constructor(maxPerShare = 128) {
    this.#maxPerShare = maxPerShare;
  }

  /** @throws ApiKeysError `ERR_API_KEYS_UNAVAILABLE` when the change could not be made in time */
  pass<T>(budget: TimeBudget, queuing: MutexQueuing, work: () => Promise<T>): Promise<T> {
    const { lane = 'giving', share } = queuing;
    const reason = this.#reasonToRefuse(budget, queuing);
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

  /** How many changes wait in each lane, besides the one that runs. */
  countWaiting(): Readonly<Record<ChangeLane, number>> {
    return { taking: this.#lanes.taking.size, giving: this.#lanes.giving.size };
  }

  /** Settles when nothing waits or runs any more; never rejects. */
  async empty(): Promise<void> {
    if (this.#isBusy) await new Promise<void>((resolve) => this.#whenEmpty.push(resolve));
  }

  #reasonToRefuse(
    budget: TimeBudget,
    { lane = 'giving', share, bound = 'count' }: MutexQueuing,
  ): string | null {
    // What revokes, and what the process depends on, is always tried.
    if (lane !== 'giving' || share === undefined || bound === 'none') return null;
    const { taking, own, giving } = this.#lanes;
    if (bound === 'count' && giving.sizeOf(share) >= this.#maxPerShare)
      return `${this.#maxPerShare} changes of the same share wait already`;
    const givingAhead = giving.countAhead(share);
    const ahead = Math.min(taking.size, takingInARow * (givingAhead + 1)) + own.size + givingAhead;
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

  #takeNext(): (() => Promise<void>) | undefined {
    const { taking, own, giving } = this.#lanes;
    const mayTake = this.#takenInARow < takingInARow || own.size + giving.size === 0;
    const next = mayTake ? taking.take() : undefined;
    this.#takenInARow = next === undefined ? 0 : this.#takenInARow + 1;
    return next ?? own.take() ?? giving.take() ?? taking.take();
  }

  async #run(): Promise<void> {
    this.#isBusy = true;
    for (;;) {
      const { taking, own, giving } = this.#lanes;
      const next = this.#takeNext();
      if (next === undefined) break;
      await next();
      // SQLite runs in the thread of the event loop: a change that revokes must be able to arrive in between.
      if (taking.size + own.size + giving.size > 0) await nextTurn();
    }
    this.#isBusy = false;
    for (const tell of this.#whenEmpty.splice(0)) tell();
  }
}
