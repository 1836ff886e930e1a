import { hash } from 'node:crypto';
import type { VerifiableKey } from '../domain/api-key.js';
import type { Plan } from '../domain/plan.js';
import type { Plans } from '../domain/plans.js';
import type { CreditPayer, SharedCredits } from '../ports/credit-ledger.js';
import type { LimitDemand, LimitSubject } from '../ports/rate-limiter.js';

/** What requests with one version of a key are counted against and paid with. */
export interface LimitPlan {
  readonly place: string;
  /** Empty when nothing is counted. */
  readonly subjects: readonly LimitSubject[];
  /** What requests are paid with; `null`: with nothing. */
  readonly payer: CreditPayer | null;
  /** The largest cost that fits into every window; `Infinity` without windows. */
  readonly smallestLimit: number;
}

/** @returns the plan of a key, the same object for the same version; `null` when there is nothing to count or to pay */
export type GetLimitPlan = (key: VerifiableKey) => LimitPlan | null;

/** @param owners - the plans of owners, whose windows and credits all keys of an owner share */
export function createLimitPlans(owners: Pick<Plans, 'of'>): GetLimitPlan {
  const plans = new WeakMap<VerifiableKey, LimitPlan>();
  const ownerSubjects = new WeakMap<Plan, LimitSubject>();

  function getOwnerSubject(plan: Plan): LimitSubject {
    const known = ownerSubjects.get(plan);
    if (known !== undefined) return known;
    // Clients see the names of both side by side; the names of a key's limits contain no dot.
    const limits = plan.rateLimits.map((limit) => ({ ...limit, name: `owner.${limit.name}` }));
    const subject: LimitSubject = { name: 'owner', limits };
    ownerSubjects.set(plan, subject);
    return subject;
  }

  return function getPlan(key) {
    const { id, rateLimits, hasCredits, ancestors } = key;
    const ofOwner = owners.of(key.owner);
    const isFree = !hasCredits && ofOwner.credits === null && ancestors.length === 0;
    if (isFree && rateLimits.length === 0 && ofOwner.rateLimits.length === 0) return null;
    const known = plans.get(key);
    if (known !== undefined) return known;
    const all = [...listKeySubjects(key), getOwnerSubject(ofOwner)];
    const subjects = all.filter(({ limits }) => limits.length > 0);
    const allLimits = subjects.flatMap(({ limits }) => limits).map(({ limit }) => limit);
    const smallestLimit = Math.min(Infinity, ...allLimits);
    const keyId = hasCredits ? id : null;
    const above = ancestors.filter((ancestor) => ancestor.hasCredits).map((ancestor) => ancestor.id);
    const shared = getSharedCredits(key, ofOwner);
    const payer = keyId === null && above.length === 0 && shared === null ? null : { keyId, above, shared };
    const plan = { place: derivePlace(key), subjects, payer, smallestLimit };
    plans.set(key, plan);
    return plan;
  };
}

/**
 * A request counts for every key above as well, so that a key that is split in many allows no more. They have the same owner,
 * keyspace and environment, and so the same place.
 */
function listKeySubjects({ id, rateLimits, ancestors }: VerifiableKey): readonly LimitSubject[] {
  const ofAncestors = ancestors.map((ancestor, index) => {
    // The names of a key's limits contain no dot.
    const head = 'parent.'.repeat(index + 1);
    const limits = ancestor.rateLimits.map((limit) => ({ ...limit, shownAs: `${head}${limit.name}` }));
    return { name: `key-${ancestor.id}`, limits };
  });
  return [{ name: `key-${id}`, limits: rateLimits }, ...ofAncestors];
}

function getSharedCredits({ ownerId, environment }: VerifiableKey, { credits }: Plan): SharedCredits | null {
  return credits === null ? null : { ...credits, ownerId, environment };
}

/**
 * One place for all keys of an owner. The id is hashed, because owner ids are the app's: they may contain anything,
 * and Redis must not learn them.
 */
function derivePlace({ keyspace, environment, ownerId }: VerifiableKey): string {
  return hash('sha256', `${keyspace}\0${environment}\0${ownerId}`, 'base64url').slice(0, 22);
}

/** The demand of one request, or `null` when nothing is counted. */
export function toDemand({ place, subjects }: LimitPlan, cost: number): LimitDemand | null {
  return subjects.length === 0 ? null : { place, subjects, cost };
}
