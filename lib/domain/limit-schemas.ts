import { maxCredits } from './credits.js';
import { maxLimit, maxRateLimits, maxWindowSeconds, rateLimitNamePattern } from './rate-limit.js';
import type { JsonSchema } from './json-schema.js';
import { objectSchema } from './object-schema.js';
import { orNull } from './text-schemas.js';

const integer = (minimum: number, maximum: number): JsonSchema => ({ type: 'integer', minimum, maximum });

/** The windows in which a key's requests are counted. */
export const rateLimitsSchema: JsonSchema = {
  type: 'array',
  items: {
    type: 'object',
    properties: {
      name: { type: 'string', pattern: rateLimitNamePattern.source },
      limit: integer(1, maxLimit),
      windowSeconds: integer(1, maxWindowSeconds),
    },
    required: ['name', 'limit', 'windowSeconds'],
    additionalProperties: false,
  },
  maxItems: maxRateLimits,
  'x-unique-by': 'name',
  description: 'Windows in which requests with the key are counted. An empty list is no limit.',
  examples: [[{ name: 'minute', limit: 60, windowSeconds: 60 }]],
};

/** What requests with a key are paid for with. */
export const creditsSchema: JsonSchema = {
  type: ['object', 'null'],
  properties: {
    remaining: integer(0, maxCredits),
    refillAmount: { ...integer(1, maxCredits), type: ['integer', 'null'] },
    refillIntervalSeconds: { ...integer(1, maxWindowSeconds), type: ['integer', 'null'] },
  },
  required: ['remaining'],
  additionalProperties: false,
  anyOf: [
    {
      properties: { refillAmount: { type: 'integer' }, refillIntervalSeconds: { type: 'integer' } },
      required: ['refillAmount', 'refillIntervalSeconds'],
    },
    { properties: { refillAmount: { type: 'null' }, refillIntervalSeconds: { type: 'null' } } },
  ],
  description:
    'What requests with the key are paid for with. A refill has an amount and an interval, or there is none. ' +
    '`null`: requests are not paid for.',
  examples: [{ remaining: 1000, refillAmount: 1000, refillIntervalSeconds: 86_400 }],
};

/** The windows as answers show them. */
export const shownRateLimitsSchema: JsonSchema = {
  type: 'array',
  items: objectSchema({
    name: { type: 'string', examples: ['minute'] },
    limit: { type: 'integer', minimum: 1, examples: [60] },
    windowSeconds: { type: 'integer', minimum: 1, examples: [60] },
  }),
  description: 'How often it can be used; none of them: as often as anybody likes.',
  examples: [[{ name: 'minute', limit: 60, windowSeconds: 60 }]],
};

/** Credits as answers show them. */
export const shownCreditsSchema: JsonSchema = {
  ...orNull(
    objectSchema({
      remaining: { type: 'integer', minimum: 0, examples: [100] },
      refillAmount: { type: ['integer', 'null'], minimum: 1, examples: [null] },
      refillIntervalSeconds: { type: ['integer', 'null'], minimum: 1, examples: [null] },
    }),
  ),
  description: 'What it has left to spend; `null`: its requests cost nothing.',
  examples: [null],
};
