import type { LifetimePolicy } from '../domain/lifetime-bounds.js';

/** What every compatibility router takes about the lifetime of its keys; as in `policy` of `createApiKeys`. */
export interface LifetimeOptions {
  /** The longest life of a key in days, counted from its creation, 1 to 3,650. Default: no bound. */
  readonly maxLifetimeDays?: number | undefined;
  /** For how many days a key may stay unused, 1 to 3,650. Default: no bound. */
  readonly maxIdleDays?: number | undefined;
  /**
   * Applies both to keys that were created before, too.
   *
   * @default false
   */
  readonly enforceOnExisting?: boolean | undefined;
}

/** Picks the part of the policy of a keyspace from the options of a router. */
export function toLifetimePolicy(options: LifetimePolicy): LifetimePolicy {
  const { maxLifetimeDays, maxIdleDays, enforceOnExisting } = options;
  return { maxLifetimeDays, maxIdleDays, enforceOnExisting };
}
