import type { FieldRules } from './field-rules.js';
import type { JsonSchema } from './json-schema.js';

/**
 * One field of a request: the schema that documents its values, and the parser that decides which are accepted. Both must
 * accept the same values; a property test compares them.
 */
export interface Field<V, T = unknown> {
  readonly schema: FieldSchema;
  /** Throws an InvalidFieldError whose message says what to write instead. */
  readonly parse: (value: V, rules: FieldRules) => T;
}

/** A schema, or a function that builds it for one keyspace. */
export type FieldSchema = JsonSchema | ((rules: FieldRules) => JsonSchema);

/** Returns the schema of a field in this keyspace. */
export function getSchema<V>({ schema }: Field<V>, rules: FieldRules): JsonSchema {
  return typeof schema === 'function' ? schema(rules) : schema;
}
