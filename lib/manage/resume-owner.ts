import type { ChangeContext, ExpectedVersion, KeyInput } from './change.js';
import { changeOwner, type ChangedOwner } from './change-owner.js';
import { createGrantQueuing } from './change-queuing.js';
import type { ManagePorts } from './manage-ports.js';
import { assertMayManageOwners } from './owner-authority.js';
import { readFields } from './read-fields.js';

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
): Promise<ChangedOwner> {
  assertMayManageOwners(context);
  readFields(input, {}, []);
  return changeOwner(ports, context, ownerId, expected, createGrantQueuing(ownerId), (current) =>
    current.suspendedAt === null
      ? null
      : { action: 'owner.resumed', changes: { suspendedAt: null, suspensionReason: null } },
  );
}
