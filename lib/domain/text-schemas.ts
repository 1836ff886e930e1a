import { hiddenCharacters } from './key-fields.js';
import type { JsonSchema } from './json-schema.js';

/** A text of one line that is not blank. JSON Schema counts code points, as the rules of the domain do. */
export function lineSchema(maxLength: number): JsonSchema {
  return { type: 'string', minLength: 1, maxLength, pattern: `^(?=.*\\S)[^${hiddenCharacters}]+$` };
}

/** The same without commas. */
export function lineWithoutCommasSchema(maxLength: number): JsonSchema {
  return { type: 'string', minLength: 1, maxLength, pattern: `^(?=.*\\S)[^${hiddenCharacters},]+$` };
}

/** One of some texts; an `enum` of none is no schema. */
export function oneOfTexts(texts: readonly string[]): JsonSchema {
  return texts.length === 0 ? { type: 'string' } : { type: 'string', enum: texts };
}

/** A text of any number of lines. */
export function linesSchema(maxLength: number): JsonSchema {
  return { type: 'string', maxLength, pattern: `^(?:\\n|[^${hiddenCharacters}])*$` };
}

/** A schema that also accepts `null`; one `type` keyword is read by more tools than `anyOf`. */
export function orNull(schema: JsonSchema): JsonSchema {
  return { ...schema, type: [schema.type, 'null'].flat() };
}
