import { setImmediate as nextTurn } from 'node:timers/promises';
import { FairQueue } from '../domain/fair-queue.js';
import { ApiKeysError } from '../errors.js';
import type { ChangeLane, ChangeQueuing } from '../ports/key-store.js';
import type { TimeBudget } from './time-budget.js';

/** The weight of the last change in the average. */
const newestWeight = 0.1;

/** How many changes that revoke go before one of the other lanes, when both wait. */
const takingInARow = 8;

/** The lanes that a share of which may be bounded. */
const bounded: ReadonlySet<MutexQueuing['lane']> = new Set(['narrowing', 'giving']);

/** How a change waits: in which lane, and in whose share of it. */
export interface MutexQueuing extends Omit<ChangeQueuing, 'lane'> {
  /** `own` are steps that the process itself depends on. @default 'giving' */
  readonly lane?: ChangeLane | 'own' | undefined;
}

/**
 * Runs one change at a time. Changes that revoke go first, then what the process itself depends on; after some that revoke, one of
 * the others, so that no flood of them stops these. What may narrow rights and what only gives have their turns alternately. Within a
 * lane, shares are served in turn, and each one in the order of arrival. A change is refused at once when its share has too many
 * waiting changes, and one of the lane `giving` also when its turn would come too late, unless its share is not bounded so: waiting
 * in vain would only make others wait.
 */
export class PriorityMutex {
  readonly #lanes: Readonly<Record<ChangeLane | 'own', FairQueue<() => Promise<void>>>> = {
    taking: new FairQueue(),
    own: new FairQueue(),
    narrowing: new FairQueue(),
    giving: new FairQueue(),
  };
  readonly #maxPerShare: number;
  #isBusy = false;
  /** The moving average of a change's duration, in milliseconds. */
  #averageMs = 0;
  /** How many changes that revoke have gone before the others since one of these had its turn. */
  #takenInARow = 0;
  /** Whether the lane `giving` has its turn before the one of what may narrow rights. */
  #isGivingNext = false;
  #whenEmpty: (() => void)[] = [];

  /** @param maxPerShare - the maximum number of waiting changes of one share that is bounded by `count` */
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
    const { taking, narrowing, giving } = this.#lanes;
    return { taking: taking.size, narrowing: narrowing.size, giving: giving.size };
  }

  /** Settles when nothing waits or runs any more; never rejects. */
  async empty(): Promise<void> {
    if (this.#isBusy) await new Promise<void>((resolve) => this.#whenEmpty.push(resolve));
  }

  #reasonToRefuse(budget: TimeBudget, { lane = 'giving', share, bound }: MutexQueuing): string | null {
    // What revokes, and what the process depends on, is always tried.
    if (!bounded.has(lane) || share === undefined) return null;
    const boundedBy = bound ?? (lane === 'giving' ? 'count' : 'none');
    if (boundedBy === 'none') return null;
    if (boundedBy === 'count' && this.#lanes[lane].sizeOf(share) >= this.#maxPerShare)
      return `${this.#maxPerShare} changes of the same share wait already`;
    const ahead = lane === 'giving' ? this.#countAhead(share) : 0;
    if (ahead === 0 || this.#averageMs * (ahead + 1) <= budget.remainingMs) return null;
    return `${ahead} changes wait already, too many for the deadline`;
  }

  /** How many changes, at the most, are made before one that is added to this share of the lane `giving` now. */
  #countAhead(share: string): number {
    const { taking, own, narrowing, giving } = this.#lanes;
    const givingAhead = giving.countAhead(share);
    const others = givingAhead + Math.min(narrowing.size, givingAhead + 1) + own.size;
    return Math.min(taking.size, takingInARow * (others + 1)) + others;
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
    const { taking, own } = this.#lanes;
    const mayTake = this.#takenInARow < takingInARow || this.#countOthers() === 0;
    const next = mayTake ? taking.take() : undefined;
    this.#takenInARow = next === undefined ? 0 : this.#takenInARow + 1;
    return next ?? own.take() ?? this.#takeInTurn();
  }

  #takeInTurn(): (() => Promise<void>) | undefined {
    const { narrowing, giving } = this.#lanes;
    const [first, second] = this.#isGivingNext ? [giving, narrowing] : [narrowing, giving];
    const next = first.take();
    this.#isGivingNext = next === undefined ? this.#isGivingNext : !this.#isGivingNext;
    return next ?? second.take();
  }

  /** How many changes wait that end no right. */
  #countOthers(): number {
    const { own, narrowing, giving } = this.#lanes;
    return own.size + narrowing.size + giving.size;
  }

  async #run(): Promise<void> {
    this.#isBusy = true;
    for (;;) {
      const next = this.#takeNext();
      if (next === undefined) break;
      await next();
      // SQLite runs in the thread of the event loop: a change that revokes must be able to arrive in between.
      if (this.#lanes.taking.size + this.#countOthers() > 0) await nextTurn();
    }
    this.#isBusy = false;
    for (const tell of this.#whenEmpty.splice(0)) tell();
  }
}
