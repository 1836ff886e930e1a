import type { VerifiableKey } from './api-key.js';
import type { Keyspaces } from './keyspaces.js';
import type { LifetimeBounds } from './lifetime-bounds.js';

/** The bounds that apply to all keys, whenever they were created: those of the keyspaces with `enforceOnExisting`. */
export class EnforcedBounds {
  readonly #keyspaces: Pick<Keyspaces, 'all' | 'get'>;

  constructor(keyspaces: Pick<Keyspaces, 'all' | 'get'>) {
    this.#keyspaces = keyspaces;
  }

  /** Adds the bounds of its keyspace to a key that was read. */
  enforce<T extends Pick<VerifiableKey, 'keyspace' | 'enforced' | 'ancestors'>>(key: T): T {
    const policy = this.#keyspaces.get(key.keyspace)?.policy;
    if (policy?.enforceOnExisting !== true) return key;
    const { maxLifetimeDays, maxIdleDays } = policy;
    const enforced = { maxLifetimeDays, maxIdleDays };
    if (key.ancestors.length === 0) return { ...key, enforced };
    // The keys above it are of the same keyspace.
    return { ...key, enforced, ancestors: key.ancestors.map((ancestor) => ({ ...ancestor, enforced })) };
  }

  /** The bounds by keyspace; `null` when there are none. */
  byKeyspace(): Readonly<Record<string, LifetimeBounds>> | null {
    const enforcing = this.#keyspaces.all().filter(({ policy }) => policy.enforceOnExisting);
    if (enforcing.length === 0) return null;
    return Object.fromEntries(
      enforcing.map(({ name, policy: { maxLifetimeDays, maxIdleDays } }) => [
        name,
        { maxLifetimeDays, maxIdleDays },
      ]),
    );
  }
}
