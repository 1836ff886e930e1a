import type { Keyspace } from './keyspace.js';
import type { LifetimeBounds } from './lifetime-bounds.js';
import type { PlannedOwner } from './plans.js';

/**
 * The bounds on the lifetime of new keys of an owner. In the keyspace of the app they are those of the plan; the keyspaces of
 * compatibility routers have options of their own.
 */
export function getLifetimeBounds(
  { isNative, plans, policy }: Pick<Keyspace, 'isNative' | 'plans' | 'policy'>,
  owner: PlannedOwner | null,
): LifetimeBounds {
  const { maxLifetimeDays, maxIdleDays } = isNative ? plans.of(owner) : policy;
  return { maxLifetimeDays, maxIdleDays };
}
