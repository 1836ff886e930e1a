import type { Keyspace } from '../../domain/keyspace.js';
import type { Clock } from '../../ports/clock.js';

/** What the rules for fields depend on. */
export interface FieldRules {
  readonly keyspace: Keyspace;
  readonly clock: Clock;
}
