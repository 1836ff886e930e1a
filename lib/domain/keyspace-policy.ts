import type { RateLimit } from './rate-limit.js';

/** What holds for every key of a keyspace. It acts within one keyspace, and on keys that are made, not on those there are. */
export interface KeyspacePolicy {
  /** A new key ends every other key of its owner. */
  readonly onePerOwner: boolean;
  /** Most keys that an owner can have, those that expired or are switched off included, revoked ones not; `null`: any number. */
  readonly maxKeysPerOwner: number | null;
  /** The scopes of a key that is made without naming any; `null`: they must be named. */
  readonly omittedScopes: readonly string[] | null;
  /** The limits of a key that is made without naming any. */
  readonly defaultRateLimits: readonly RateLimit[];
  /** Whether keys get numbers: 1, 2, 3 … for each owner. A number is never given twice. */
  readonly numberKeys: boolean;
}

/** Largest value of `maxKeysPerOwner`. */
export const largestMaxKeysPerOwner = 100_000;

/** A keyspace without a policy. */
export const noPolicy: KeyspacePolicy = {
  onePerOwner: false,
  maxKeysPerOwner: null,
  omittedScopes: null,
  defaultRateLimits: [],
  numberKeys: false,
};
