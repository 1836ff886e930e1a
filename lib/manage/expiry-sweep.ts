import type { ApiKeyRecord } from '../domain/api-key.js';
import type { EndNotice } from '../domain/end-notice.js';
import { FailureLog } from '../domain/failure-log.js';
import { getExpiresAt, getIdleAt } from '../domain/key-lifetime.js';
import { findInactiveAncestor } from '../domain/inactive-ancestor.js';
import { getKeyState } from '../domain/key-state.js';
import type { Logger } from '../ports/logger.js';
import { createAuditEntry } from './audit-entry.js';
import type { ManagePorts } from './manage-ports.js';

/** The interval between sweeps, in milliseconds. */
const sweepIntervalMs = 60 * 60 * 1000;
/** The delay of the next sweep after a failure, in milliseconds. */
const retryMs = 60 * 1000;
/** Maximum number of notices in one transaction: all changes wait for it. */
const keysPerTransaction = 20;

/** The dependencies of the sweep. */
export interface ExpirySweepParts extends Pick<ManagePorts, 'store' | 'clock' | 'keyspace'> {
  /** Seconds, the smallest first. */
  readonly thresholds: readonly number[];
  /** Called for each notice that this process has written. */
  readonly notify: (record: ApiKeyRecord, notice: EndNotice) => void | Promise<void>;
  readonly logger: Logger;
}

/**
 * Periodically finds active keys that end soon, and writes an entry `key.expiring` for each key, end and threshold, once
 * across all processes. The key is not changed: whether it has expired is decided when it is used.
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
      begins: 'the query for keys that expire soon fails; it is retried every minute',
      ends: () => 'the query for keys that expire soon works again',
    });
  }

  /** Starts in the background. */
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

  /** Runs one sweep. Rejects when the store does not respond; notices that were written stay. */
  async sweep(): Promise<void> {
    const now = this.#parts.clock.now();
    for (const reason of ['expires', 'idle'] as const) {
      let after = now;
      for (const thresholdSeconds of this.#parts.thresholds) {
        const until = now + thresholdSeconds * 1000;
        const notice = { reason, thresholdSeconds };
        while (!this.#isStopped && (await this.#noteSome(now, after, until, notice)));
        after = until;
      }
    }
  }

  /** Writes some notices; returns whether there may be more. */
  async #noteSome(now: number, after: number, until: number, notice: EndNotice): Promise<boolean> {
    const { store, keyspace } = this.#parts;
    const { reason, thresholdSeconds } = notice;
    const found = await store.list({
      ...{
        keyspace: keyspace.name,
        state: 'active',
        inactiveAncestor: false,
        now,
        limit: keysPerTransaction,
      },
      ...(reason === 'idle'
        ? { idle: { after, before: until + 1, withoutNotice: thresholdSeconds } }
        : { expiresAfter: after, expiresBefore: until + 1, withoutExpiryNotice: thresholdSeconds }),
    });
    if (found.length === 0) return false;
    const noted = await this.#note(found, notice);
    for (const record of noted) this.#notify(record, notice);
    return noted.length > 0 && found.length === keysPerTransaction;
  }

  /** Returns the keys whose notice was written by this call: another process may have been faster, and keys change. */
  #note(
    found: readonly ApiKeyRecord[],
    { reason, thresholdSeconds }: EndNotice,
  ): Promise<readonly ApiKeyRecord[]> {
    const { store, clock } = this.#parts;
    const getEnd = reason === 'idle' ? getIdleAt : getExpiresAt;
    return store.transact(async (transaction) => {
      const noted: ApiKeyRecord[] = [];
      for (const record of found) {
        const expiresAt = getEnd(record);
        const current = await transaction.find(record.id);
        const now = clock.now();
        if (current === null || expiresAt === null || getEnd(current) !== expiresAt) continue;
        if (getKeyState(current, now) !== 'active' || findInactiveAncestor(current, now) !== null) continue;
        const event = { ...createAuditEntry(sweepContext, 'key.expiring', current, []), at: now };
        if (await transaction.noteExpiry({ keyId: record.id, expiresAt, thresholdSeconds }, event)) {
          noted.push(current);
        }
      }
      return noted;
    });
  }

  #notify(record: ApiKeyRecord, notice: EndNotice): void {
    const report = (error: unknown): void =>
      this.#parts.logger.error('api-keys: expiryNotices.notify failed', error);
    try {
      Promise.resolve(this.#parts.notify(record, notice)).catch(report);
    } catch (error) {
      report(error);
    }
  }
}

/** The sweep acts for the application: no caller requested it. */
const sweepContext = {
  actor: { kind: 'application' },
  address: null,
  requestId: null,
  managementScope: null,
} as const;
