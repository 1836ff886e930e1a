import { setTimeout as sleep } from 'node:timers/promises';
import type { CommitPoint } from '../ports/change-announcer.js';
import type { Instance } from '../ports/change-feed.js';
import type { Clock } from '../ports/clock.js';
import { leaseMarginMs, type InstanceWatch } from './instance-watch.js';

/** How long the answer to a change waits for the other processes, in milliseconds. */
const timeoutMs = 1_000;
/** Pauses between two looks at the list, in milliseconds. */
const minPauseMs = 2;
const maxPauseMs = 25;

interface Waiter {
  readonly sequence: number;
  /** `true` when all have applied it. */
  readonly settle: (isConfirmed: boolean) => void;
}

/** What confirming needs. */
export interface ConfirmationParts {
  readonly instances: Pick<InstanceWatch, 'look'>;
  /** The number up to which every change is applied in this process. */
  readonly ownApplied: () => number;
  /** The lease of this process, in milliseconds. */
  readonly leaseMs: number;
  readonly clock: Clock;
}

/** Finds out when every process has applied a change. All changes that wait share one look at the list. */
export class Confirmations {
  readonly #parts: ConfirmationParts;
  readonly #waiting = new Set<Waiter>();
  #isLooking = false;

  constructor(parts: ConfirmationParts) {
    this.#parts = parts;
  }

  /**
   * To be called after the commit: processes that join the list later have read it.
   *
   * @returns `null` when every process has applied all changes up to the point, else the wall clock time in milliseconds
   * from which none accepts what was taken away
   */
  confirm({ sequence, maxLeaseMs }: CommitPoint): Promise<number | null> {
    return new Promise((resolve) => {
      const settle = (isConfirmed: boolean): void => {
        clearTimeout(patience);
        this.#waiting.delete(waiter);
        resolve(isConfirmed ? null : this.#effectiveBy(maxLeaseMs));
      };
      const waiter: Waiter = { sequence, settle };
      // The list may not be answered at all, and whoever asked is told in time all the same.
      const patience = setTimeout(() => settle(false), timeoutMs);
      this.#waiting.add(waiter);
      void this.#lookWhileAnyWait();
    });
  }

  /**
   * Whoever has not applied a change by then has lost its lease, or has applied it with the beat that renewed it. The list
   * may not be answered since the commit, so what counts is how it was when the change was made.
   */
  #effectiveBy(maxLeaseMs: number): number {
    const { clock, leaseMs } = this.#parts;
    return clock.now() + Math.max(leaseMs, maxLeaseMs) + leaseMarginMs;
  }

  async #lookWhileAnyWait(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    let pauseMs = minPauseMs;
    let newest: Waiter | undefined;
    while (this.#waiting.size > 0) {
      // Who comes while the list is being read needs one that was read later.
      const asking = [...this.#waiting];
      this.#answer(asking, await this.#look());
      const last = [...this.#waiting].at(-1);
      if (last === undefined) break;
      pauseMs = last === newest ? Math.min(pauseMs * 1.5, maxPauseMs) : minPauseMs;
      newest = last;
      await sleep(pauseMs);
    }
    this.#isLooking = false;
  }

  async #look(): Promise<readonly Instance[] | null> {
    try {
      return await this.#parts.instances.look();
    } catch {
      // The change is committed, but who has applied it cannot be asked.
      return null;
    }
  }

  #answer(asking: readonly Waiter[], others: readonly Instance[] | null): void {
    if (others === null) return;
    const appliedByAll = Math.min(this.#parts.ownApplied(), ...others.map(({ acked }) => acked));
    for (const waiter of asking) {
      if (appliedByAll >= waiter.sequence) waiter.settle(true);
    }
  }
}
