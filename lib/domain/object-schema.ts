import type { JsonSchema } from './json-schema.js';

/** An object with exactly these members, all of them always there. */
export function objectSchema(properties: Readonly<Record<string, JsonSchema>>): JsonSchema {
  return { type: 'object', required: Object.keys(properties), properties, additionalProperties: false };
}

/** A time as answers write it. */
export const shownTime: JsonSchema = {
  type: 'string',
  format: 'date-time',
  examples: ['2026-11-21T12:00:00.000Z'],
};
