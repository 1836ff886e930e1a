import { hash } from 'node:crypto';
import type { VerifiableKey } from '../domain/api-key.js';
import type { RateLimit } from '../domain/rate-limit.js';
import type { LimitDemand, LimitSubject } from '../ports/rate-limiter.js';

/** What every request with one version of a key is counted in and paid with. */
export interface LimitPlan {
  readonly place: string;
  /** Empty: in nothing. */
  readonly subjects: readonly LimitSubject[];
  readonly hasCredits: boolean;
  /** What fits into every window; `Infinity` without windows. */
  readonly smallestLimit: number;
}

/** @returns the plan of a key, the same one for the same version; `null` when there is nothing to count and to pay */
export type GetLimitPlan = (key: VerifiableKey) => LimitPlan | null;

/** @param ownerLimits - windows that all keys of an owner share */
export function createLimitPlans(ownerLimits: readonly RateLimit[]): GetLimitPlan {
  const plans = new WeakMap<VerifiableKey, LimitPlan>();
  // Clients see the names of both side by side; those of keys hold no dot.
  const shared = ownerLimits.map((limit) => ({ ...limit, name: `owner.${limit.name}` }));
  const ownerSubject: LimitSubject = { name: 'owner', limits: shared };

  return function planOf(key) {
    const { rateLimits, hasCredits } = key;
    if (rateLimits.length === 0 && !hasCredits && shared.length === 0) return null;
    const known = plans.get(key);
    if (known !== undefined) return known;
    const ofKey: LimitSubject = { name: `key-${key.id}`, limits: rateLimits };
    const subjects = [ofKey, ownerSubject].filter(({ limits }) => limits.length > 0);
    const allLimits = subjects.flatMap(({ limits }) => limits).map(({ limit }) => limit);
    const smallestLimit = Math.min(Infinity, ...allLimits);
    const plan = { place: placeOf(key), subjects, hasCredits, smallestLimit };
    plans.set(key, plan);
    return plan;
  };
}

/** One place for all keys of an owner. Owner ids are the app's: they may hold anything, and are not for Redis to know. */
function placeOf({ keyspace, environment, ownerId }: VerifiableKey): string {
  return hash('sha256', `${keyspace}\0${environment}\0${ownerId}`, 'base64url').slice(0, 22);
}

/** What one request asks for, or `null` when nothing is counted. */
export function demandOf({ place, subjects }: LimitPlan, cost: number): LimitDemand | null {
  return subjects.length === 0 ? null : { place, subjects, cost };
}
