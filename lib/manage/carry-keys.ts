import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiKeyRecord } from '../domain/api-key.js';
import type { AuditCut, AuditEntry } from '../domain/audit-entry.js';
import type { Clock } from '../ports/clock.js';
import type { QueuedStore } from '../ports/queued-store.js';
import { createAuditEntry } from './audit-entry.js';
import { housekeepingQueuing } from './change-queuing.js';
import { createTamperingError } from './create-tampering-error.js';

/** Maximum number of entries in one transaction: all changes wait for it. */
const keysPerTransaction = 20;
/** Longer than the interval at which a waiting process retries the lock of a SQLite file, in milliseconds. */
const pauseMs = 25;

/** What carrying needs. */
interface CarryParts {
  readonly store: Pick<QueuedStore, 'find' | 'listEvents' | 'transact'>;
  readonly clock: Clock;
  readonly isStopped: () => boolean;
}

/**
 * Repeats the version of each key whose last entry is to be cut off in a new entry, so that the kept part of the trail says at which
 * version every key is. Later changes only move last entries up, so no change meanwhile undoes it.
 */
export async function carryKeys(
  { store, clock, isStopped }: CarryParts,
  keyIds: Iterable<string>,
  cut: AuditCut,
): Promise<void> {
  const carry = (records: readonly ApiKeyRecord[]): Promise<void> =>
    store.transact(async (transaction) => {
      for (const record of records) {
        const entry = createAuditEntry(retentionContext, 'key.carried', record, []);
        await transaction.carry(record, { ...entry, at: clock.now() });
      }
    }, housekeepingQueuing);
  let records: ApiKeyRecord[] = [];
  for (const keyId of keyIds) {
    if (isStopped()) return;
    const record = await findKeyToCarry(store, keyId, cut);
    if (record !== null) records.push(record);
    if (records.length < keysPerTransaction) continue;
    await carry(records);
    records = [];
    await sleep(pauseMs, undefined, { ref: false });
  }
  if (records.length > 0) await carry(records);
}

/** `null` when the key was removed, or has a later entry. */
async function findKeyToCarry(
  store: CarryParts['store'],
  keyId: string,
  cut: AuditCut,
): Promise<ApiKeyRecord | null> {
  const readLast = async (): Promise<AuditEntry | undefined> =>
    (await store.listEvents({ keyId, limit: 1 }))[0];
  const isLater = (entry: AuditEntry | undefined): boolean =>
    entry !== undefined && entry.sequence > cut.sequence;

  const last = await readLast();
  if (isLater(last)) return null;
  const record = await store.find(keyId);
  if (record === null || last?.keyVersion === record.version) return record;
  // It may have changed since the entry was read, and another process may have removed that entry.
  if (isLater(await readLast())) return null;
  throw createTamperingError(`The version of the key ${keyId}`, 'wrong_key_version');
}

/** Retention acts for the application: no caller requested it. */
const retentionContext = {
  actor: { kind: 'application' },
  address: null,
  requestId: null,
  managementScope: null,
} as const;
