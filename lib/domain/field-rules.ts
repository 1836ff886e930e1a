import type { Keyspace } from './keyspace.js';

/** What the rules for fields depend on. */
export interface FieldRules {
  readonly keyspace: Keyspace;
  /** In epoch milliseconds. */
  readonly clock: { now(): number };
}
