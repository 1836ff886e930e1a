import type { FieldRules } from './field-rules.js';
import type { JsonSchema } from './json-schema.js';

/**
 * One field of a request: what its values look like, for readers, and what decides over them. Both must accept the same
 * values; a property test compares them.
 */
export interface Field<V, T = unknown> {
  readonly schema: FieldSchema;
  /** Throws an InvalidFieldError that says what to write instead. */
  readonly parse: (value: V, rules: FieldRules) => T;
}

/** A schema, or how it is made in one keyspace. */
export type FieldSchema = JsonSchema | ((rules: FieldRules) => JsonSchema);

/** The schema of a field in this keyspace. */
export function schemaOf<V>({ schema }: Field<V>, rules: FieldRules): JsonSchema {
  return typeof schema === 'function' ? schema(rules) : schema;
}
