import type { JsonSchema } from './json-schema.js';

/**
 * Stricter than `format: date-time`: no leap seconds, at most nine decimals, no separator other than T, and no year before
 * 100, because `Date` maps those to the twentieth century.
 */
const rfc3339 =
  '^(?:[1-9][0-9]{3}|0[1-9][0-9]{2})-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])[Tt](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]' +
  '(?:\\.[0-9]{1,9})?(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])$';

/** An RFC 3339 time that exists. */
export const timeSchema: JsonSchema = {
  type: 'string',
  format: 'date-time',
  pattern: rfc3339,
  'x-before-year': 10000,
};

/** A time at which something expires. */
export const expirySchema: JsonSchema = { ...timeSchema, 'x-future': true };
