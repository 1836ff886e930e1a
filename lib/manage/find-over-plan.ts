import type { ApiKeyRecord } from '../domain/api-key.js';
import type { Keyspace } from '../domain/keyspace.js';
import { removePlanExcess } from '../domain/remove-plan-excess.js';
import { findPlanExcess, isWithinPlan } from '../domain/plan-excess.js';
import type { OverPlan } from '../domain/posture.js';
import type { CreditsAbove } from './credits-above.js';
import type { ManagePorts } from './manage-ports.js';

/** When the records of the owners of some keys were changed; each is read once, and only when it is needed. */
export class OwnerChanges {
  readonly #owners: ManagePorts['store']['owners'];
  readonly #changedAt = new Map<string, number>();

  constructor({ owners }: Pick<ManagePorts['store'], 'owners'>) {
    this.#owners = owners;
  }

  /** The last change of an owner, in epoch milliseconds; 0 for one without a record. */
  async getChangedAt(ownerId: string): Promise<number> {
    const known = this.#changedAt.get(ownerId);
    if (known !== undefined) return known;
    const changedAt = (await this.#owners.find(ownerId))?.updatedAt ?? 0;
    this.#changedAt.set(ownerId, changedAt);
    return changedAt;
  }
}

/**
 * What a key has beyond the plan of its owner; `null`: nothing. Scopes of a dialect are not listed: no plan is written in them. Of an
 * owner whose plan the options do not have, it is not known what the plan included.
 *
 * @param now - epoch milliseconds
 */
export async function findOverPlan(
  owners: OwnerChanges,
  creditsAbove: CreditsAbove,
  record: ApiKeyRecord,
  keyspace: Keyspace,
  now: number,
): Promise<OverPlan | null> {
  const { plans, hasAppScopes } = keyspace;
  const name = record.owner?.plan ?? null;
  if (name !== null && !plans.byName.has(name)) return null;
  const plan = plans.of(record.owner);
  const balances = await creditsAbove.read(record, [plan.keyCeilings]);
  const found = findPlanExcess(record, keyspace, plan, balances, now);
  const excess = hasAppScopes ? found : { ...found, scopes: [] };
  if (isWithinPlan(excess)) return null;
  const since = Math.max(record.updatedAt, await owners.getChangedAt(record.ownerId));
  return { excess, since, changes: removePlanExcess(record, keyspace, plan, excess, now) };
}
