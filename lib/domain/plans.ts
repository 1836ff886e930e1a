import type { OwnerStanding } from './owner.js';
import { applyOverrides, type Plan } from './plan.js';

/** What of an owner decides about the plan. */
export type PlannedOwner = Pick<OwnerStanding, 'plan' | 'overrides'>;

/** What the plans of an instance are made from. */
export interface PlansParts {
  /** By their names; empty for an instance without plans. */
  readonly byName: ReadonlyMap<string, Plan>;
  /** What the options of the instance say, without plans. */
  readonly base: Plan;
  /** Of owners whose record names none. */
  readonly defaultPlan: Plan;
  /** The kinds of resources of the app. */
  readonly kinds: readonly string[];
  /** Called for owners with a plan that does not exist here: their keys have no scopes and no features, and reach no resources. */
  readonly onUnknown: (name: string) => void;
}

/** The plans of an instance. */
export class Plans {
  /** Empty for an instance without plans. */
  readonly names: readonly string[];
  /** Empty for an instance without plans. */
  readonly byName: ReadonlyMap<string, Plan>;
  /** What plans are made from: what the options of the instance say. */
  readonly base: Plan;
  readonly #parts: PlansParts;
  readonly #nothing: Pick<Plan, 'scopes' | 'features' | 'resources'>;
  /** Nothing is known of what such a plan allowed, so it allows nothing. */
  readonly #unknown: Plan;
  readonly #overridden = new WeakMap<PlannedOwner, Plan>();

  constructor(parts: PlansParts) {
    this.#parts = parts;
    this.names = [...parts.byName.keys()];
    this.byName = parts.byName;
    this.base = parts.base;
    this.#nothing = {
      scopes: [],
      features: [],
      resources: parts.kinds.length === 0 ? null : Object.fromEntries(parts.kinds.map((kind) => [kind, []])),
    };
    this.#unknown = { ...parts.defaultPlan, ...this.#nothing };
  }

  /** Returns what an owner gets now: the same object for the same standing. */
  of(owner: PlannedOwner | null): Plan {
    if (owner === null) return this.#parts.defaultPlan;
    if (owner.overrides === null) return this.#get(owner.plan);
    const known = this.#overridden.get(owner);
    if (known !== undefined) return known;
    const plan = this.#get(owner.plan);
    const own = applyOverrides(plan, owner.overrides);
    const made = plan === this.#unknown ? { ...own, ...this.#nothing } : own;
    this.#overridden.set(owner, made);
    return made;
  }

  #get(name: string | null): Plan {
    if (name === null) return this.#parts.defaultPlan;
    const plan = this.#parts.byName.get(name);
    if (plan !== undefined) return plan;
    this.#parts.onUnknown(name);
    return this.#unknown;
  }
}
