import type { RateLimit } from './rate-limit.js';

/** A scope or a feature of the catalogue with its sentence. */
export interface DescribedName {
  readonly name: string;
  /** As it was declared. */
  readonly description: string;
}

/** A scope or feature, and whether an actor may give it to a key: a row of checkboxes. */
export interface GrantableName extends DescribedName {
  readonly grantable: boolean;
}

/** What an actor may give to keys. */
export interface Grantable {
  /** The whole catalogue, in the order of its declaration. */
  readonly scopes: readonly GrantableName[];
  readonly features: readonly GrantableName[];
  readonly ceilings: {
    /** For each of these, a key must have a window that allows no more requests in no less time. */
    readonly rateLimits: readonly RateLimit[];
    /** Maximum credits of a new key; `null`: no maximum. */
    readonly credits: number | null;
  };
}
