import type { ApiKeyRecord } from '../domain/api-key.js';
import { FailureLog } from '../domain/failure-log.js';
import { stateOf } from '../domain/key-state.js';
import type { Logger } from '../ports/logger.js';
import { createAuditEntry } from './audit-entry.js';
import type { ManagePorts } from './manage-ports.js';

/** How often keys are looked at, in milliseconds. */
const sweepIntervalMs = 60 * 60 * 1000;
/** How soon again after a failure. */
const retryMs = 60 * 1000;
/** Keys that are noted in one transaction: all changes wait for it. */
const keysPerTransaction = 20;

/** What looking for keys that end soon needs. */
export interface ExpirySweepParts extends Pick<ManagePorts, 'store' | 'clock' | 'keyspace'> {
  /** Seconds, the smallest first. */
  readonly thresholds: readonly number[];
  /** Is told of each notice that this process has written. */
  readonly notify: (record: ApiKeyRecord, thresholdSeconds: number) => void | Promise<void>;
  readonly logger: Logger;
}

/**
 * Looks now and then for active keys whose end is near, and writes an entry `key.expiring` for each key, end and
 * threshold, once over all processes. A key is not changed by it: whether it has ended is decided when it is used.
 */
export class ExpirySweep {
  readonly #parts: ExpirySweepParts;
  readonly #failures: FailureLog;
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(parts: ExpirySweepParts) {
    this.#parts = parts;
    this.#failures = new FailureLog(parts.logger, {
      begins: 'keys that end soon are not looked for; it is tried again every minute',
      ends: () => 'keys that end soon are looked for again',
    });
  }

  /** Begins in the background. */
  start(): void {
    this.#running = this.#sweepAndSchedule();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#running;
  }

  async #sweepAndSchedule(): Promise<void> {
    let nextMs = sweepIntervalMs;
    try {
      await this.sweep();
      this.#failures.worked();
    } catch (error) {
      nextMs = retryMs;
      this.#failures.failed(error);
    }
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => this.start(), nextMs).unref();
  }

  /** Looks once. Rejects when the store does not answer; what was noted stays. */
  async sweep(): Promise<void> {
    const now = this.#parts.clock.now();
    let after = now;
    for (const seconds of this.#parts.thresholds) {
      const until = now + seconds * 1000;
      while (!this.#isStopped && (await this.#noteSome(now, after, until, seconds)));
      after = until;
    }
  }

  /** Whether there may be more to note. */
  async #noteSome(now: number, after: number, until: number, thresholdSeconds: number): Promise<boolean> {
    const { store, keyspace } = this.#parts;
    const found = await store.list({
      ...{ keyspace: keyspace.name, state: 'active', now, limit: keysPerTransaction },
      expiresAfter: after,
      expiresBefore: until + 1,
      withoutExpiryNotice: thresholdSeconds,
    });
    if (found.length === 0) return false;
    const noted = await this.#note(found, thresholdSeconds);
    for (const record of noted) this.#notify(record, thresholdSeconds);
    return noted.length > 0 && found.length === keysPerTransaction;
  }

  /** Those of the keys that were noted here and now: another process may have been faster, and keys change. */
  #note(found: readonly ApiKeyRecord[], thresholdSeconds: number): Promise<readonly ApiKeyRecord[]> {
    const { store, clock } = this.#parts;
    return store.transact(async (transaction) => {
      const noted: ApiKeyRecord[] = [];
      for (const { id, expiresAt } of found) {
        const current = await transaction.find(id);
        const now = clock.now();
        if (current === null || expiresAt === null || current.expiresAt !== expiresAt) continue;
        if (stateOf(current, now) !== 'active') continue;
        const event = { ...createAuditEntry(sweepContext, 'key.expiring', current, []), at: now };
        if (await transaction.noteExpiry({ keyId: id, expiresAt, thresholdSeconds }, event)) {
          noted.push(current);
        }
      }
      return noted;
    });
  }

  #notify(record: ApiKeyRecord, thresholdSeconds: number): void {
    const report = (error: unknown): void =>
      this.#parts.logger.error('api-keys: expiryNotices.notify failed', error);
    try {
      Promise.resolve(this.#parts.notify(record, thresholdSeconds)).catch(report);
    } catch (error) {
      report(error);
    }
  }
}

/** Nobody asked for it. */
const sweepContext = {
  actor: { kind: 'application' },
  address: null,
  requestId: null,
  managementScope: null,
} as const;
