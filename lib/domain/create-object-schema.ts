import type { JsonSchema } from './json-schema.js';

/** Builds the schema of an object with exactly these members, all of them required. */
export function createObjectSchema(properties: Readonly<Record<string, JsonSchema>>): JsonSchema {
  return { type: 'object', required: Object.keys(properties), properties, additionalProperties: false };
}

/** A time as it appears in responses. */
export const shownTime: JsonSchema = {
  type: 'string',
  format: 'date-time',
  examples: ['2026-11-21T12:00:00.000Z'],
};
