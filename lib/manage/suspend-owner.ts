import { parseSuspensionReason, type OwnerRecord } from '../domain/owner.js';
import type { ChangeContext, ExpectedVersion, KeyInput } from './change.js';
import { changeOwner, type ChangedOwner, type OwnerUpdate } from './change-owner.js';
import { createRevocationQueuing } from './change-queuing.js';
import type { ManagePorts } from './manage-ports.js';
import { assertMayManageOwners } from './owner-authority.js';
import { readFields } from './read-fields.js';
import type { ClaimName } from './repeatable-changes.js';

/**
 * Refuses all keys, tokens and signatures of an owner until {@link resumeOwner}. Like a revocation, it does not wait behind
 * changes that grant something. Suspending a suspended owner changes nothing but the reason, if another one is given.
 *
 * @throws ApiKeysError `invalid_request`, `forbidden`, `precondition_failed`
 */
export async function suspendOwner(
  ports: ManagePorts,
  context: ChangeContext,
  ownerId: string,
  input: KeyInput = {},
  expected?: ExpectedVersion,
  claim?: ClaimName,
): Promise<ChangedOwner> {
  assertMayManageOwners(context);
  const given = readFields<{ suspensionReason: string | null }>(
    input,
    { suspensionReason: parseSuspensionReason },
    [],
  );
  const suspend = (current: OwnerRecord, now: number): OwnerUpdate | null => {
    const { suspensionReason = current.suspensionReason } = given;
    const isDone = current.suspendedAt !== null && current.suspensionReason === suspensionReason;
    if (isDone) return null;
    const suspendedAt = current.suspendedAt ?? now;
    return { action: 'owner.suspended', changes: { suspendedAt, suspensionReason } };
  };
  return changeOwner(ports, context, ownerId, expected, createRevocationQueuing(context), suspend, claim);
}
