import type { FieldRules } from './field-rules.js';
import type { JsonSchema } from './json-schema.js';

/**
 * One field of a request: what its values look like, for readers, and what decides over them. Both must accept the same
 * values; a property test compares them.
 */
export interface Field<V> {
  readonly schema: JsonSchema | ((rules: FieldRules) => JsonSchema);
  /** Throws an InvalidFieldError that says what to write instead. */
  readonly parse: (value: V, rules: FieldRules) => unknown;
}

/** The schema of a field in this keyspace. */
export function schemaOf<V>({ schema }: Field<V>, rules: FieldRules): JsonSchema {
  return typeof schema === 'function' ? schema(rules) : schema;
}
