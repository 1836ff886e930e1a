import type { AuditAction } from '../domain/audit-entry.js';
import type { OwnerRecord } from '../domain/owner.js';
import { ApiKeysError } from '../errors.js';
import type { AnnouncedOwnerChange } from '../ports/change-announcer.js';
import type { SharedQueuing } from '../ports/queued-store.js';
import type { ChangeContext, ExpectedVersion } from './change.js';
import { readCommitPoint } from './confirm-change.js';
import type { ManagePorts } from './manage-ports.js';
import { createOwnerEntry } from './owner-entry.js';
import { claimNothing, type ClaimName } from './repeatable-changes.js';

/** A change of an owner that was committed. */
export interface ChangedOwner {
  readonly record: OwnerRecord;
  /** `null` when every process sees the change already; else the time (epoch milliseconds) from which all do. */
  readonly effectiveBy: number | null;
}

/** One change of an owner: `null` when there is nothing to change. */
export interface OwnerUpdate {
  readonly action: AuditAction;
  readonly changes: Partial<Pick<OwnerRecord, 'plan' | 'overrides' | 'suspendedAt' | 'suspensionReason'>>;
}

/**
 * Changes the record of an owner in one transaction with its audit entry, and waits until every process has seen it. A change
 * that was made before changes nothing, but confirms again.
 *
 * @param decide - what to change about the present record; `null`: nothing
 * @param claim - of a change with an `Idempotency-Key`
 * @throws ApiKeysError `precondition_failed` when the change expects another version; 0 is that of an owner without a record
 */
export async function changeOwner(
  { store, changes, clock }: Pick<ManagePorts, 'store' | 'changes' | 'clock'>,
  context: ChangeContext,
  ownerId: string,
  expected: ExpectedVersion,
  queuing: SharedQueuing,
  decide: (current: OwnerRecord, now: number) => OwnerUpdate | null,
  claim: ClaimName = claimNothing,
): Promise<ChangedOwner> {
  const now = clock.now();
  const { record, written, point } = await store.transact(async (transaction) => {
    await claim(transaction, ownerId);
    const current = (await transaction.findOwner(ownerId)) ?? createOwner(ownerId, now);
    assertExpectedOwner(current, expected);
    const update = decide(current, now);
    if (update === null) return { record: current, written: [], point: await readCommitPoint(transaction) };
    const next: OwnerRecord = {
      ...current,
      ...update.changes,
      version: current.version + 1,
      updatedAt: Math.max(now, current.updatedAt),
    };
    const fields = Object.keys(update.changes);
    await transaction.putOwner(next, createOwnerEntry(context, update.action, next, fields));
    const change: AnnouncedOwnerChange = {
      owner: next,
      action: update.action,
      position: transaction.position,
    };
    return { record: next, written: [change], point: await readCommitPoint(transaction) };
  }, queuing);
  changes.announce(written, now);
  return { record, effectiveBy: await changes.confirm(point) };
}

/** An owner without a record: in good standing, at version 0. */
export function createOwner(ownerId: string, now: number): OwnerRecord {
  const standing = { plan: null, overrides: null, suspendedAt: null, suspensionReason: null };
  return { ownerId, ...standing, version: 0, createdAt: now, updatedAt: now };
}

/** @throws ApiKeysError `precondition_failed` */
export function assertExpectedOwner({ version }: OwnerRecord, expected: ExpectedVersion): void {
  if (expected === undefined || expected === '*' || expected.includes(version)) return;
  throw new ApiKeysError('precondition_failed');
}
