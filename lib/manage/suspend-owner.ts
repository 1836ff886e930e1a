import { parseSuspensionReason } from '../domain/owner.js';
import type { ChangeContext, ExpectedVersion, KeyInput } from './change.js';
import { changeOwner, type ChangedOwner } from './change-owner.js';
import { createRevocationQueuing } from './change-queuing.js';
import type { ManagePorts } from './manage-ports.js';
import { assertMayManageOwners } from './owner-authority.js';
import { readFields } from './read-fields.js';

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
): Promise<ChangedOwner> {
  assertMayManageOwners(context);
  const given = readFields<{ suspensionReason: string | null }>(
    input,
    { suspensionReason: parseSuspensionReason },
    [],
  );
  return changeOwner(ports, context, ownerId, expected, createRevocationQueuing(context), (current, now) => {
    const { suspensionReason = current.suspensionReason } = given;
    const isDone = current.suspendedAt !== null && current.suspensionReason === suspensionReason;
    if (isDone) return null;
    const suspendedAt = current.suspendedAt ?? now;
    return { action: 'owner.suspended', changes: { suspendedAt, suspensionReason } };
  });
}
