import { setTimeout as sleep } from 'node:timers/promises';
import { FailureLog, type FailureMessages } from '../domain/failure-log.js';
import type { Clock } from '../ports/clock.js';
import type { Logger } from '../ports/logger.js';

/** Rows that are removed in one step, the maximum number of steps in one run, and the interval between runs. */
const removedAtOnce = 500;
const maxRemovals = 40;
const pruneEveryMs = 10 * 60_000;
/** Longer than the interval at which a waiting process retries the lock of a SQLite file, in milliseconds. */
const pauseMs = 25;

/** A log of which old rows are removed. */
export interface PrunedLog {
  prune(before: number, keep: number, limit: number): Promise<number>;
}

/** What is kept of a log, and what is logged while old rows cannot be removed. */
export interface KeptRows {
  /** In milliseconds. */
  readonly keptMs: number;
  /** The maximum number of rows. */
  readonly keptRows: number;
  readonly messages: FailureMessages;
}

/** Removes old rows of a log in steps with pauses, so that changes can proceed in between. */
export class RowPruner {
  readonly #clock: Clock;
  readonly #kept: KeptRows;
  readonly #removals: FailureLog;
  #prunedAt = -Infinity;
  #pruning: Promise<void> | null = null;
  #isStopped = false;

  constructor({ clock, logger }: { readonly clock: Clock; readonly logger: Logger }, kept: KeptRows) {
    this.#clock = clock;
    this.#kept = kept;
    this.#removals = new FailureLog(logger, kept.messages);
  }

  start(): void {
    this.#isStopped = false;
  }

  /** Resolves when the running step is done. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#pruning;
  }

  /** Removes rows in the background, unless it did so a short time ago. */
  pruneWhenDue(log: PrunedLog): void {
    if (this.#isStopped || this.#pruning !== null) return;
    if (performance.now() - this.#prunedAt < pruneEveryMs) return;
    this.#prunedAt = performance.now();
    this.#pruning = this.#prune(log).finally(() => (this.#pruning = null));
  }

  /** Never rejects. */
  async #prune(log: PrunedLog): Promise<void> {
    try {
      const before = this.#clock.now() - this.#kept.keptMs;
      for (let step = 0; step < maxRemovals && !this.#isStopped; step += 1) {
        if ((await log.prune(before, this.#kept.keptRows, removedAtOnce)) < removedAtOnce) break;
        await sleep(pauseMs);
      }
      this.#removals.worked();
    } catch (error) {
      this.#removals.failed(error);
    }
  }
}
