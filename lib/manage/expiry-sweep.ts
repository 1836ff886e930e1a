import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiKeyRecord } from '../domain/api-key.js';
import type { EndNotice } from '../domain/end-notice.js';
import { FailureLog } from '../domain/failure-log.js';
import { getExpiresAt, getIdleAt } from '../domain/key-lifetime.js';
import { findInactiveAncestor } from '../domain/inactive-ancestor.js';
import { getKeyState } from '../domain/key-state.js';
import type { KeyPosition, KeyQuery } from '../ports/key-store.js';
import type { Logger } from '../ports/logger.js';
import { createAuditEntry } from './audit-entry.js';
import { housekeepingQueuing } from './change-queuing.js';
import { maxRowsPerPage } from './list-page.js';
import type { ManagePorts } from './manage-ports.js';

/** The interval between sweeps, in milliseconds. */
const sweepIntervalMs = 60 * 60 * 1000;
/** The delay of the next sweep after a failure, in milliseconds. */
const retryMs = 60 * 1000;
/** Maximum number of notices in one transaction: all changes wait for it. */
const keysPerTransaction = 20;

/** Longer than the interval at which a waiting process retries the lock of a SQLite file, in milliseconds. */
const pauseMs = 12;

/** A part of the list of keys. */
type KeyPart = Pick<KeyQuery, 'after' | 'until'>;

/** Keys that end after one time, and at another one or before; with a threshold, those without a notice for it. */
interface KeysEndingSoon {
  readonly now: number;
  readonly after: number;
  readonly until: number;
  readonly notice: Pick<EndNotice, 'reason'> & Partial<EndNotice>;
}

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
    const { store, clock } = this.#parts;
    const now = clock.now();
    let after: KeyPosition | undefined;
    // Part by part: no statement reads all keys, however many there are.
    for (;;) {
      const end = await store.findScanEnd({ after }, maxRowsPerPage);
      for (const reason of ['expires', 'idle'] as const) {
        await this.#sweepPart(now, reason, { after, until: end ?? undefined });
      }
      if (end === null || this.#isStopped) return;
      after = end;
      await sleep(pauseMs, undefined, { ref: false });
    }
  }

  async #sweepPart(now: number, reason: EndNotice['reason'], part: KeyPart): Promise<void> {
    const { thresholds } = this.#parts;
    const latest = now + (thresholds.at(-1) ?? 0) * 1000;
    // Most parts have no key that ends soon.
    const [any] = await this.#list({ now, after: now, until: latest, notice: { reason } }, part, 1);
    if (any === undefined) return;
    let after = now;
    for (const thresholdSeconds of thresholds) {
      const until = now + thresholdSeconds * 1000;
      const soon = { now, after, until, notice: { reason, thresholdSeconds } };
      while (!this.#isStopped && (await this.#noteSome(soon, part)));
      after = until;
    }
  }

  #list(
    { now, after, until, notice: { reason, thresholdSeconds } }: KeysEndingSoon,
    part: KeyPart,
    limit: number,
  ): Promise<readonly ApiKeyRecord[]> {
    const { store, keyspace } = this.#parts;
    const before = until + 1;
    return store.list({
      ...{ keyspace: keyspace.name, state: 'active', inactiveAncestor: false, now, limit },
      ...part,
      ...(reason === 'idle'
        ? { idle: { after, before, withoutNotice: thresholdSeconds } }
        : { expiresAfter: after, expiresBefore: before, withoutExpiryNotice: thresholdSeconds }),
    });
  }

  /** Writes some notices; returns whether there may be more. */
  async #noteSome(soon: KeysEndingSoon & { readonly notice: EndNotice }, part: KeyPart): Promise<boolean> {
    const found = await this.#list(soon, part, keysPerTransaction);
    if (found.length === 0) return false;
    const noted = await this.#note(found, soon.notice);
    for (const record of noted) this.#notify(record, soon.notice);
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
    }, housekeepingQueuing);
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
