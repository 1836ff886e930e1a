import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ApiKeyRecord } from '../domain/api-key.js';
import { parseOwnerId } from '../domain/key-fields.js';
import { parsePlanName } from '../domain/owner-plan.js';
import { toOwnerStanding, type OwnerStanding } from '../domain/owner.js';
import { parsePlanMembers } from '../domain/parse-plan-members.js';
import { applyOverrides, type Plan, type PlanMembers } from '../domain/plan.js';
import { findPlanLoss } from '../domain/plan-loss.js';
import { ApiKeysError } from '../errors.js';
import type { ChangeContext, KeyInput } from './change.js';
import { CreditsAbove } from './credits-above.js';
import { ImpactTally, OwnerTally, type PlanImpact } from './impact-tally.js';
import type { ManagePorts } from './manage-ports.js';
import { assertMayManageOwners } from './owner-authority.js';
import type { ParsedFields } from './parsed-fields.js';
import { readFields } from './read-fields.js';

/** What is asked: at least one of `plan` and `as`. */
interface ImpactQuestion {
  readonly plan: string | null;
  readonly as: PlanMembers;
  readonly ownerId: string;
}

type ImpactPorts = Pick<ManagePorts, 'store' | 'keyspace' | 'keyspaces' | 'clock'>;

/** How many owners or keys are read at once. */
const batchSize = 200;

/**
 * What keys would lose under another plan. With `plan` alone, owners would move to it; with `plan` and `as`, the plan would have these
 * members instead, for the owners who have it; with `as` alone, owners would get such a plan. `ownerId`: only this owner. It reads a
 * few keys at a time, owner by owner, and lets other work go on in between; nothing is changed.
 *
 * @throws ApiKeysError `forbidden`, `invalid_request`
 */
export async function getPlanImpact(
  ports: ImpactPorts,
  context: ChangeContext,
  input: KeyInput | ParsedFields,
): Promise<PlanImpact> {
  assertMayManageOwners(context);
  const { keyspace } = ports;
  const { plans } = keyspace;
  const question = readFields<ImpactQuestion>(
    input,
    {
      plan: (value) => parsePlanName(value, plans.names),
      as: (value) => parsePlanMembers(value, keyspace),
      ownerId: parseOwnerId,
    },
    [],
  );
  const choosePlan = createPlanChoice(ports, question);
  const tally = new ImpactTally();
  for await (const ownerId of listOwnerIds(ports, question.ownerId)) {
    const standing = toOwnerStanding(await ports.store.owners.find(ownerId));
    const after = choosePlan(standing);
    if (after === null) continue;
    const owner = new OwnerTally(ownerId);
    await addKeys(ports, ownerId, { before: plans.of(standing), after }, owner);
    tally.add(owner);
    await nextTurn();
  }
  return tally.toImpact();
}

/** @throws ApiKeysError `invalid_request` when neither is named */
function createPlanChoice(
  { keyspace: { plans } }: ImpactPorts,
  { plan: name, as, ownerId }: Partial<ImpactQuestion>,
): (owner: OwnerStanding | null) => Plan | null {
  if (name === undefined && as === undefined) {
    throw new ApiKeysError('invalid_request', { detail: 'Name at least one of plan and as.' });
  }
  const known = name === undefined || name === null ? plans.of(null) : plans.byName.get(name);
  const target = as === undefined ? (known ?? plans.of(null)) : applyOverrides(plans.base, as);
  return (owner) => {
    const isOnPlan = plans.of(owner === null ? null : { ...owner, overrides: null }) === known;
    // A plan that changes concerns the owners who have it.
    if (name !== undefined && as !== undefined && ownerId === undefined && !isOnPlan) return null;
    return owner === null || owner.overrides === null ? target : applyOverrides(target, owner.overrides);
  };
}

async function* listOwnerIds(
  { store }: Pick<ImpactPorts, 'store'>,
  only: string | undefined,
): AsyncGenerator<string> {
  if (only !== undefined) return yield only;
  let after: string | undefined;
  for (;;) {
    const ids = await store.owners.listWithKeys({ after, limit: batchSize });
    yield* ids;
    if (ids.length < batchSize) return;
    after = ids.at(-1);
  }
}

/** Reads the keys of an owner, some at a time. */
async function addKeys(
  { store, keyspaces, clock }: ImpactPorts,
  ownerId: string,
  plans: { readonly before: Plan; readonly after: Plan },
  owner: OwnerTally,
): Promise<void> {
  const now = clock.now();
  const ceilings = [plans.before.keyCeilings, plans.after.keyCeilings];
  let unrevoked = 0;
  let after: ApiKeyRecord | undefined;
  for (;;) {
    const page = await store.list({ ownerId, now, after, limit: batchSize });
    const creditsAbove = new CreditsAbove(store);
    for (const record of page) {
      const keyspace = keyspaces.get(record.keyspace);
      if (record.revokedAt !== null || keyspace === undefined) continue;
      if (keyspace.isNative) unrevoked += 1;
      const balances = await creditsAbove.read(record, ceilings);
      owner.addKey(findPlanLoss(record, keyspace, plans, balances, now));
    }
    after = page.at(-1);
    if (page.length < batchSize) break;
    await nextTurn();
  }
  owner.surplusKeys = countSurplus(unrevoked, plans.after.maxKeys);
}

function countSurplus(unrevoked: number, maxKeys: number | null): number {
  return maxKeys === null ? 0 : Math.max(0, unrevoked - maxKeys);
}
