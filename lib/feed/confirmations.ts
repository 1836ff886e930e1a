import { setTimeout as sleep } from 'node:timers/promises';
import { leaseMarginMs } from '../domain/lease-bounds.js';
import type { CommitPoint } from '../ports/change-announcer.js';
import type { FeedPosition, Instance } from '../ports/change-feed.js';
import type { Clock } from '../ports/clock.js';
import type { InstanceWatch } from './instance-watch.js';

/** How long the response to a change waits for the other processes, in milliseconds. */
const timeoutMs = 1_000;
/** Pauses between two reads of the list, in milliseconds. */
const minPauseMs = 2;
const maxPauseMs = 25;

interface Waiter {
  readonly position: FeedPosition;
  /** Called with `true` when every process on the list has applied the change. */
  readonly settle: (isAppliedByAll: boolean) => void;
}

/** What confirmations are computed from. */
export interface ConfirmationParts {
  readonly instances: Pick<InstanceWatch, 'look'>;
  /**
   * Whether this process has applied this very change and all before it, and writes nothing older any more. A sequence number would not do, because after a
   * failover another change may have it.
   */
  readonly hasApplied: (position: FeedPosition) => boolean;
  /** The id under which this process is on the list now. */
  readonly instanceId: () => string;
  /** The lease of this process, in milliseconds. */
  readonly leaseMs: number;
  readonly clock: Clock;
  /** Called with the outcome of each one. Default: nobody counts them. */
  readonly onSettled?: ((isConfirmed: boolean) => void) | undefined;
}

/** Waits until every process has applied a change. All waiting changes share one read of the list. */
export class Confirmations {
  readonly #parts: ConfirmationParts;
  readonly #waiting = new Set<Waiter>();
  /**
   * Until then a process may go on with its caches that is not on the list; monotonic, so that a clock of the database
   * that is set forward meanwhile does not end it.
   */
  #unlistedUntil = 0;
  #isLooking = false;

  constructor(parts: ConfirmationParts) {
    this.#parts = parts;
  }

  /** Whether a change waits for its confirmation. */
  get isWaiting(): boolean {
    return this.#waiting.size > 0;
  }

  /**
   * Call it after the commit: processes that join the list later have read the change.
   *
   * @returns `null` when every process has applied all changes up to the point, else the wall clock time in
   * milliseconds from which no process accepts what was revoked
   */
  confirm({ position, maxLeaseMs, unlistedLeaseMs }: CommitPoint): Promise<number | null> {
    this.#unlistedUntil = Math.max(this.#unlistedUntil, performance.now() + unlistedLeaseMs);
    return new Promise((resolve) => {
      const settle = (isAppliedByAll: boolean): void => {
        clearTimeout(patience);
        this.#waiting.delete(waiter);
        const remainingMs = Math.max(
          isAppliedByAll ? 0 : this.#remainingLeaseMs(maxLeaseMs),
          this.#unlistedUntil - performance.now(),
        );
        this.#parts.onSettled?.(remainingMs <= 0);
        resolve(remainingMs <= 0 ? null : Math.ceil(this.#parts.clock.now() + remainingMs));
      };
      const waiter: Waiter = { position, settle };
      // The read of the list may never be answered; the caller gets its answer in time all the same.
      const patience = setTimeout(() => settle(false), timeoutMs);
      this.#waiting.add(waiter);
      void this.#lookWhileAnyWait();
    });
  }

  /**
   * After so long, a process that has not applied the change has lost its lease, or has applied the change with the beat
   * that renewed it. The list may have been unreadable since the commit, so the leases that count are those at the
   * time of the change.
   */
  #remainingLeaseMs(maxLeaseMs: number): number {
    return Math.max(this.#parts.leaseMs, maxLeaseMs) + leaseMarginMs;
  }

  async #lookWhileAnyWait(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    let pauseMs = minPauseMs;
    let newest: Waiter | undefined;
    while (this.#waiting.size > 0) {
      // A waiter that comes while the list is being read needs a later read.
      const waiters = [...this.#waiting];
      this.#answer(waiters, await this.#look());
      const last = [...this.#waiting].at(-1);
      if (last === undefined) break;
      pauseMs = last === newest ? Math.min(pauseMs * 1.5, maxPauseMs) : minPauseMs;
      newest = last;
      await sleep(pauseMs);
    }
    this.#isLooking = false;
  }

  async #look(): Promise<readonly Instance[] | null> {
    const { instances, instanceId } = this.#parts;
    const ownId = instanceId();
    try {
      const others = await instances.look();
      // Joined again meanwhile: what was read may be the list of another history than the one that is applied now.
      return instanceId() === ownId ? others : null;
    } catch {
      // The change is committed, but which processes have applied it is unknown.
      return null;
    }
  }

  #answer(waiters: readonly Waiter[], others: readonly Instance[] | null): void {
    if (others === null) return;
    // A number that another process has acknowledged is that of a change which this database has.
    const appliedByOthers = Math.min(Infinity, ...others.map(({ acked }) => acked));
    for (const { position, settle } of waiters) {
      if (appliedByOthers >= position.sequence && this.#parts.hasApplied(position)) settle(true);
    }
  }
}
