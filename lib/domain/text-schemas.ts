import { hiddenCharacters, maxOwnerIdLength } from './key-fields.js';
import type { JsonSchema } from './json-schema.js';

/** A string of one line that is not blank. JSON Schema counts code points, as the parsers of the domain do. */
export function createLineSchema(maxLength: number): JsonSchema {
  return { type: 'string', minLength: 1, maxLength, pattern: `^(?=.*\\S)[^${hiddenCharacters}]+$` };
}

/** The id of an owner who may be new: neither `.` nor `..`. */
export function createNewOwnerIdSchema(): JsonSchema {
  return {
    ...createLineSchema(maxOwnerIdLength),
    pattern: `^(?!\\.{1,2}$)(?=.*\\S)[^${hiddenCharacters}]+$`,
  };
}

/** A line without commas. */
export function createLineWithoutCommasSchema(maxLength: number): JsonSchema {
  return { type: 'string', minLength: 1, maxLength, pattern: `^(?=.*\\S)[^${hiddenCharacters},]+$` };
}

/** One of the given strings; an empty `enum` is not a valid schema. */
export function createEnumSchema(texts: readonly string[]): JsonSchema {
  return texts.length === 0 ? { type: 'string' } : { type: 'string', enum: texts };
}

/** A string of any number of lines. */
export function createLinesSchema(maxLength: number): JsonSchema {
  return { type: 'string', maxLength, pattern: `^(?:\\n|[^${hiddenCharacters}])*$` };
}

/** Makes a schema accept `null` as well; more tools support a list of types than `anyOf`. */
export function allowNull(schema: JsonSchema): JsonSchema {
  return { ...schema, type: [schema.type, 'null'].flat() };
}
