import { setTimeout as sleep } from 'node:timers/promises';
import { dayMs } from '../domain/day-ms.js';
import { usageKeptMs } from '../domain/key-usage.js';
import { FailureLog } from '../domain/failure-log.js';
import { AbandonedQueues } from '../events/abandoned-queues.js';
import type { AuditSealer } from '../ports/audit-sealer.js';
import type { Clock } from '../ports/clock.js';
import type { ExpiredRows } from '../ports/housekeeping.js';
import type { QueuedStore } from '../ports/queued-store.js';
import type { Logger } from '../ports/logger.js';
import { readCarefulTime } from './read-careful-time.js';
import { removeEndedKeys } from './remove-ended-keys.js';
import { trimTrail } from './trim-trail.js';
import { claimLifetimeMs } from './repeatable-changes.js';

/** The interval between runs, also after a failure, and the delay of the first run, in milliseconds. */
const intervalMs = 60_000;
const firstAfterMs = 2_000;
/** How long notices of ends are kept after the end: longer than the clock of any process is behind. */
const noticesKeptMs = 30 * dayMs;
/** Rows in one statement: with SQLite it blocks the event loop, with both databases it holds locks. */
export const rowsPerBatch = 200;
/** Longer than the interval at which a waiting process retries the lock of a SQLite file, in milliseconds. */
const pauseMs = 25;

/** The dependencies of the housekeeper. */
export interface HousekeeperParts {
  readonly store: Pick<
    QueuedStore,
    'events' | 'find' | 'findEventScanEnd' | 'housekeeping' | 'listEvents' | 'trail' | 'transact' | 'usage'
  >;
  readonly sealer: AuditSealer;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long ended keys are kept, in milliseconds; `null`: for good. */
  readonly endedKeysMs: number | null;
  /** How long entries of the trail are kept, in milliseconds; `null`: for good. */
  readonly auditMs: number | null;
  /** While it returns `true`, no run begins. */
  readonly isPaused?: (() => boolean) | undefined;
}

/**
 * Removes expired rows, deliveries whose queue is gone, keys that ended long ago and old entries of the trail in the background. A run continues until none are left, in
 * small batches with pauses, so that requests can proceed in between, however many rows there are.
 */
export class Housekeeper {
  readonly #parts: HousekeeperParts;
  readonly #removals: FailureLog;
  readonly #trims: FailureLog;
  readonly #queues: AbandonedQueues;
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> = Promise.resolve();
  #isStopped = false;
  #isDue = false;
  #isRunning = false;
  #isAwaited = false;

  constructor(parts: HousekeeperParts) {
    this.#parts = parts;
    this.#queues = new AbandonedQueues(parts);
    this.#removals = new FailureLog(parts.logger, {
      begins: 'expired rows are not removed, which is tried again',
      ends: () => 'expired rows are removed again',
    });
    this.#trims = new FailureLog(parts.logger, {
      begins: 'old entries of the audit log are not removed, which is tried again',
      ends: () => 'old entries of the audit log are removed again',
    });
  }

  /** Starts in the background after a delay, because a starting process has other things to do. */
  start(afterMs: number = firstAfterMs): void {
    this.#isAwaited = afterMs === firstAfterMs;
    this.#timer = setTimeout(() => {
      this.#running = this.#runAndSchedule();
    }, afterMs).unref();
  }

  /** Whether a run is in progress, or the one after a start or a pause is about to begin. */
  get isBusy(): boolean {
    return this.#isRunning || this.#isAwaited;
  }

  /** Makes up for a run that was due during a pause. */
  resume(): void {
    if (!this.#isDue || this.#isStopped) return;
    this.#isDue = false;
    this.start();
  }

  /** Resolves when the running batch is done. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#running;
  }

  async #runAndSchedule(): Promise<void> {
    this.#isAwaited = false;
    if (this.#parts.isPaused?.() === true) {
      this.#isDue = true;
      return;
    }
    this.#isRunning = true;
    await runLogged(this.#removals, () => this.run());
    await runLogged(this.#trims, () => this.trim());
    this.#isRunning = false;
    if (!this.#isStopped) this.start(intervalMs);
  }

  /** Removes all rows that have expired by now. Rejects when the store does not respond; removed rows stay removed. */
  async run(): Promise<void> {
    const { store, clock, endedKeysMs } = this.#parts;
    const now = await readCarefulTime(store.housekeeping, clock);
    const removeExpired = (rows: ExpiredRows, time: number): Promise<void> =>
      this.#runInBatches((limit) => store.housekeeping.removeExpired(rows, time, limit));
    await removeExpired('claims', now - claimLifetimeMs);
    await removeExpired('nonces', now);
    await removeExpired('revokedTokens', now);
    await removeExpired('refreshGrants', now);
    await removeExpired('expiryNotices', now - noticesKeptMs);
    await this.#runInBatches((limit) => store.usage.forgetBefore(now - usageKeptMs, limit));
    await this.#queues.remove(now);
    await this.#runInBatches((limit) => store.events.removeOrphans(limit));
    if (endedKeysMs === null) return;
    await removeEndedKeys({ store, clock, isStopped: () => this.#isStopped }, now - endedKeysMs);
  }

  /** Removes entries of the trail that are older than they are kept. Rejects as {@link trimTrail} does. */
  async trim(): Promise<void> {
    const { store, sealer, clock, auditMs } = this.#parts;
    if (auditMs === null) return;
    const now = await readCarefulTime(store.housekeeping, clock);
    await trimTrail({ store, sealer, clock, isStopped: () => this.#isStopped }, now - auditMs);
  }

  async #runInBatches(remove: (limit: number) => Promise<number>): Promise<void> {
    while (!this.#isStopped && (await remove(rowsPerBatch)) >= rowsPerBatch) {
      await sleep(pauseMs, undefined, { ref: false });
    }
  }
}

async function runLogged(log: FailureLog, work: () => Promise<void>): Promise<void> {
  try {
    await work();
    log.worked();
  } catch (error) {
    log.failed(error);
  }
}
