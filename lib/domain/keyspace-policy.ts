import type { LifetimePolicy } from './lifetime-bounds.js';
import type { RateLimit } from './rate-limit.js';

/**
 * The policy of a keyspace. It applies within that keyspace, and to keys that are created; to those that exist only where
 * `enforceOnExisting` is true, and then the bounds on their lifetime only.
 */
export interface KeyspacePolicy extends LifetimePolicy {
  /** A new key revokes every other key of its owner. */
  readonly onePerOwner: boolean;
  /** Maximum number of keys per owner, including expired and disabled keys but not revoked ones; `null`: unlimited. */
  readonly maxKeysPerOwner: number | null;
  /** The scopes of a key that is created without `scopes`; `null`: `scopes` is required. */
  readonly omittedScopes: readonly string[] | null;
  /** The rate limits of a key that is created without `rateLimits`. */
  readonly defaultRateLimits: readonly RateLimit[];
  /** Whether keys are numbered: 1, 2, 3 … for each owner. A number is never reused. */
  readonly numberKeys: boolean;
}

/** Maximum value of `maxKeysPerOwner`. */
export const largestMaxKeysPerOwner = 100_000;

/** A keyspace without a policy. */
export const noPolicy: KeyspacePolicy = {
  onePerOwner: false,
  maxKeysPerOwner: null,
  omittedScopes: null,
  defaultRateLimits: [],
  numberKeys: false,
  maxLifetimeDays: null,
  maxIdleDays: null,
  enforceOnExisting: false,
};
