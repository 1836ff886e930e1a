import { setTimeout as sleep } from 'node:timers/promises';

/** How long a process writes without a pause, in milliseconds. */
const maxTurnMs = 200;

/** Longer than the interval at which a waiting process retries the lock of the file, in milliseconds. */
const pauseMs = 12;

/**
 * SQLite gives its lock to the first process that asks after it was released, and a process whose changes wait in a queue always is the
 * first: the beats of others would not get through while it writes. So a process that has written for a while pauses for as long as the
 * others need to ask.
 */
export class LockTurns {
  #beganAt = Number.NEGATIVE_INFINITY;
  #releasedAt = Number.NEGATIVE_INFINITY;

  /** Waits where the turn of this process is over; called before the lock is taken. */
  async wait(): Promise<void> {
    const now = performance.now();
    if (now - this.#releasedAt < pauseMs && now - this.#beganAt >= maxTurnMs) await sleep(pauseMs);
  }

  /** The lock was taken. After a pause, or after others had it, a new turn begins. */
  took(): void {
    const now = performance.now();
    if (now - this.#releasedAt >= pauseMs) this.#beganAt = now;
  }

  /** The lock was released. */
  released(): void {
    this.#releasedAt = performance.now();
  }
}
