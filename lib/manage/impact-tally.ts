import type { PlanLoss } from '../domain/plan-loss.js';

/** What keys of one owner would lose. */
export interface OwnerImpact {
  readonly ownerId: string;
  /** The number of keys that would lose something. */
  readonly keys: number;
  /** The scopes of the app that some of them would lose. */
  readonly scopes: readonly string[];
  /** The features that some of them would lose. */
  readonly features: readonly string[];
  /** The kinds of resources of which some of them would reach fewer. */
  readonly resources: readonly string[];
  /** The number of keys that would be refused as expired: with `policy.enforceOnExisting`. */
  readonly endedKeys: number;
  /** The number of keys whose limits or credits, with those of the keys above them, are beyond the new ceilings; they keep them. */
  readonly keysAboveCeilings: number;
  /** How many keys the owner would have beyond `maxKeys`; they stay, and others can be created only after revoking some. */
  readonly surplusKeys: number;
}

/** What a change of a plan would take away. All numbers are exact, however many owners are listed. */
export interface PlanImpact {
  /** How many owners with keys were looked at, and how many of them would be affected. */
  readonly owners: { readonly checked: number; readonly affected: number };
  /** How many keys that are not revoked were looked at, and how many of them would lose something, by what it is. */
  readonly keys: {
    readonly checked: number;
    readonly affected: number;
    readonly scopes: number;
    readonly features: number;
    readonly resources: number;
    readonly ended: number;
    readonly aboveCeilings: number;
    readonly surplus: number;
  };
  /** The first 100 owners that would be affected, by their ids. */
  readonly items: readonly OwnerImpact[];
}

/** Maximum number of owners in one report. */
export const maxListedOwners = 100;

/** Counts what the keys of one owner lose. */
export class OwnerTally {
  readonly ownerId: string;
  checked = 0;
  affected = 0;
  surplusKeys = 0;
  readonly counts = { scopes: 0, features: 0, resources: 0, ended: 0, aboveCeilings: 0 };
  readonly #scopes = new Set<string>();
  readonly #features = new Set<string>();
  readonly #resources = new Set<string>();

  constructor(ownerId: string) {
    this.ownerId = ownerId;
  }

  /** Adds a key; `null` for one that loses nothing. */
  addKey(loss: PlanLoss | null): void {
    this.checked += 1;
    if (loss === null) return;
    this.affected += 1;
    for (const scope of loss.scopes) this.#scopes.add(scope);
    for (const feature of loss.features) this.#features.add(feature);
    for (const kind of loss.resources) this.#resources.add(kind);
    this.counts.scopes += Number(loss.scopes.length > 0);
    this.counts.features += Number(loss.features.length > 0);
    this.counts.resources += Number(loss.resources.length > 0);
    this.counts.ended += Number(loss.isEnded);
    this.counts.aboveCeilings += Number(loss.isAboveCeilings);
  }

  toImpact(): OwnerImpact {
    return {
      ownerId: this.ownerId,
      keys: this.affected,
      scopes: [...this.#scopes].toSorted(),
      features: [...this.#features].toSorted(),
      resources: [...this.#resources].toSorted(),
      endedKeys: this.counts.ended,
      keysAboveCeilings: this.counts.aboveCeilings,
      surplusKeys: this.surplusKeys,
    };
  }
}

/** Adds owners up, and keeps the first ones. */
export class ImpactTally {
  readonly #owners = { checked: 0, affected: 0 };
  readonly #keys = {
    ...{ checked: 0, affected: 0, scopes: 0, features: 0, resources: 0 },
    ...{ ended: 0, aboveCeilings: 0, surplus: 0 },
  };
  readonly #items: OwnerImpact[] = [];

  add(owner: OwnerTally): void {
    if (owner.checked === 0) return;
    this.#owners.checked += 1;
    this.#keys.checked += owner.checked;
    if (owner.affected === 0 && owner.surplusKeys === 0) return;
    this.#owners.affected += 1;
    this.#keys.affected += owner.affected;
    this.#keys.surplus += owner.surplusKeys;
    for (const [name, count] of Object.entries(owner.counts)) {
      this.#keys[name as keyof OwnerTally['counts']] += count;
    }
    if (this.#items.length < maxListedOwners) this.#items.push(owner.toImpact());
  }

  toImpact(): PlanImpact {
    return { owners: { ...this.#owners }, keys: { ...this.#keys }, items: [...this.#items] };
  }
}
