import type { OwnerRecord } from '../domain/owner.js';
import { parseOverrides, parsePlanName } from '../domain/owner-plan.js';
import type { PlanMembers } from '../domain/plan.js';
import { ApiKeysError } from '../errors.js';
import type { ChangeContext, ExpectedVersion, KeyInput } from './change.js';
import { changeOwner, type ChangedOwner, type OwnerUpdate } from './change-owner.js';
import { createNarrowingQueuing } from './change-queuing.js';
import type { ManagePorts } from './manage-ports.js';
import { assertMayManageOwners } from './owner-authority.js';
import { readFields } from './read-fields.js';
import type { ClaimName } from './repeatable-changes.js';

type PlanFields = Pick<OwnerRecord, 'plan' | 'overrides'>;

/**
 * Changes the plan of an owner, or what the owner gets instead of what the plan says; what is left out stays. It may take
 * rights away, so like a revocation it does not wait behind changes that grant something; revocations do not wait behind it.
 *
 * @throws ApiKeysError `invalid_request`, `forbidden`, `precondition_failed`
 */
export async function setOwner(
  ports: ManagePorts,
  context: ChangeContext,
  ownerId: string,
  input: KeyInput,
  expected?: ExpectedVersion,
  claim?: ClaimName,
): Promise<ChangedOwner> {
  assertMayManageOwners(context);
  const { keyspace } = ports;
  const given = readFields<PlanFields>(
    input,
    {
      plan: (value) => parsePlanName(value, keyspace.plans.names),
      overrides: (value) => parseOverrides(value, keyspace),
    },
    [],
  );
  if (Object.keys(given).length === 0) {
    throw new ApiKeysError('invalid_request', { detail: 'Name at least one of plan and overrides.' });
  }
  const set = (current: OwnerRecord): OwnerUpdate | null => {
    const { plan = current.plan, overrides = current.overrides } = given;
    const changes: { -readonly [K in keyof PlanFields]?: PlanFields[K] } = {};
    if (plan !== current.plan) changes.plan = plan;
    if (!areSame(overrides, current.overrides)) changes.overrides = overrides;
    return Object.keys(changes).length === 0 ? null : { action: 'owner.updated', changes };
  };
  return changeOwner(ports, context, ownerId, expected, createNarrowingQueuing(context), set, claim);
}

/** Overrides are parsed in one order of members, and stored as JSON. */
function areSame(one: PlanMembers | null, other: PlanMembers | null): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
