import type { RateLimit } from './rate-limit.js';

/** A scope or a feature of the catalogue with its sentence. */
export interface DescribedName<N extends string = string> {
  readonly name: N;
  /** As it was declared. */
  readonly description: string;
}

/** A scope or feature, and whether an actor may give it to a key: a row of checkboxes. */
export interface GrantableName<N extends string = string> extends DescribedName<N> {
  readonly grantable: boolean;
}

/** A kind of resources, and what an actor may bind keys to: a list of checkboxes. */
export interface GrantableKind<R extends string = string> extends DescribedName<R> {
  /**
   * `null`: any ids, or none at all, which is a key for all resources of the kind. Otherwise a key must be bound to the kind, with
   * none but these ids; `[]`: the actor can give no key.
   */
  readonly ids: readonly string[] | null;
  /**
   * The ids that the plan of the owner includes: a key can be bound to no others, and one that is not bound to the kind reaches
   * these. `null`: all, and for admins and the app's own code.
   */
  readonly planIds: readonly string[] | null;
}

/** What an actor may give to keys. */
export interface Grantable<S extends string = string, F extends string = string, R extends string = string> {
  /** The whole catalogue, in the order of its declaration. */
  readonly scopes: readonly GrantableName<S>[];
  readonly features: readonly GrantableName<F>[];
  /** Every kind of the option `resources`, in the order of its declaration. */
  readonly resources: readonly GrantableKind<R>[];
  readonly ceilings: {
    /** For each of these, a key must have a window that allows no more requests in no less time. */
    readonly rateLimits: readonly RateLimit[];
    /** Maximum credits of a new key; `null`: no maximum. */
    readonly credits: number | null;
    /**
     * How long after its creation a new key ends at the latest, in days; `null`: no maximum. For admins and the app's own code, that of
     * the default plan: the key gets that of the plan of its owner.
     */
    readonly maxLifetimeDays: number | null;
    /** The latest end of a key that is created now, and not after the end of an actor that is a key; `null`: none. */
    readonly expiresAt: Date | null;
  };
}
