import type { OwnerRecord } from '../domain/owner.js';
import type { ChangeContext, ExpectedVersion, KeyInput } from './change.js';
import { changeOwner, type ChangedOwner, type OwnerUpdate } from './change-owner.js';
import { createNeutralQueuing } from './change-queuing.js';
import type { ManagePorts } from './manage-ports.js';
import { assertMayManageOwners } from './owner-authority.js';
import { readFields } from './read-fields.js';
import type { ClaimName } from './repeatable-changes.js';

/**
 * Accepts the keys of a suspended owner again, as far as each key itself allows. Resuming an owner that is not suspended
 * changes nothing.
 *
 * @throws ApiKeysError `invalid_request`, `forbidden`, `precondition_failed`
 */
export async function resumeOwner(
  ports: ManagePorts,
  context: ChangeContext,
  ownerId: string,
  input: KeyInput = {},
  expected?: ExpectedVersion,
  claim?: ClaimName,
): Promise<ChangedOwner> {
  assertMayManageOwners(context);
  readFields(input, {}, []);
  const resume = ({ suspendedAt }: OwnerRecord): OwnerUpdate | null =>
    suspendedAt === null
      ? null
      : { action: 'owner.resumed', changes: { suspendedAt: null, suspensionReason: null } };
  return changeOwner(ports, context, ownerId, expected, createNeutralQueuing(context), resume, claim);
}
