import type { VerifiableKey } from './api-key.js';
import type { EnforcedLifetime } from './enforced-lifetime.js';
import { getLifetimeBounds } from './get-lifetime-bounds.js';
import type { Keyspace } from './keyspace.js';
import type { Keyspaces } from './keyspaces.js';
import type { LifetimeBounds } from './lifetime-bounds.js';

/** The bounds that apply to all keys, whenever they were created: those of the keyspaces with `enforceOnExisting`. */
export class EnforcedBounds {
  readonly #keyspaces: Pick<Keyspaces, 'all' | 'get'>;

  constructor(keyspaces: Pick<Keyspaces, 'all' | 'get'>) {
    this.#keyspaces = keyspaces;
  }

  /** Adds the bounds of its keyspace, and of the plan of its owner, to a key that was read. */
  enforce<T extends Pick<VerifiableKey, 'keyspace' | 'enforced' | 'owner' | 'ancestors'>>(key: T): T {
    const keyspace = this.#keyspaces.get(key.keyspace);
    if (keyspace?.policy.enforceOnExisting !== true) return key;
    const enforced = getLifetimeBounds(keyspace, key.owner);
    if (key.ancestors.length === 0) return { ...key, enforced };
    // The keys above it are of the same keyspace and the same owner.
    return { ...key, enforced, ancestors: key.ancestors.map((ancestor) => ({ ...ancestor, enforced })) };
  }

  /** The bounds by keyspace; `null` when there are none. */
  byKeyspace(): Readonly<Record<string, EnforcedLifetime>> | null {
    const enforcing = this.#keyspaces.all().filter(({ policy }) => policy.enforceOnExisting);
    if (enforcing.length === 0) return null;
    return Object.fromEntries(enforcing.map((keyspace) => [keyspace.name, getEnforced(keyspace)]));
  }
}

function getEnforced(keyspace: Keyspace): EnforcedLifetime {
  const common = getLifetimeBounds(keyspace, null);
  if (!keyspace.isNative) return common;
  const plans = Array.from(
    keyspace.plans.byName,
    ([name, { maxLifetimeDays, maxIdleDays }]): [string, LifetimeBounds] => [
      name,
      { maxLifetimeDays, maxIdleDays },
    ],
  );
  return { ...common, plans: Object.fromEntries(plans) };
}
