import { maxCredits } from './credits.js';
import { maxLimit, maxRateLimits, maxWindowSeconds, rateLimitNamePattern } from './rate-limit.js';
import type { JsonSchema } from './json-schema.js';
import { createObjectSchema } from './create-object-schema.js';
import { allowNull } from './text-schemas.js';

const createIntegerSchema = (minimum: number, maximum: number): JsonSchema => ({
  type: 'integer',
  minimum,
  maximum,
});

/** The windows that a key's requests count against. */
export const rateLimitsSchema: JsonSchema = {
  type: 'array',
  items: {
    type: 'object',
    properties: {
      name: { type: 'string', pattern: rateLimitNamePattern.source },
      limit: createIntegerSchema(1, maxLimit),
      windowSeconds: createIntegerSchema(1, maxWindowSeconds),
    },
    required: ['name', 'limit', 'windowSeconds'],
    additionalProperties: false,
  },
  maxItems: maxRateLimits,
  'x-unique-by': 'name',
  description: 'Rate limit windows that requests with the key count against. An empty list is no limit.',
  examples: [[{ name: 'minute', limit: 60, windowSeconds: 60 }]],
};

/** The credits that requests with a key are paid for with. */
export const creditsSchema: JsonSchema = {
  type: ['object', 'null'],
  properties: {
    remaining: createIntegerSchema(0, maxCredits),
    refillAmount: { ...createIntegerSchema(1, maxCredits), type: ['integer', 'null'] },
    refillIntervalSeconds: { ...createIntegerSchema(1, maxWindowSeconds), type: ['integer', 'null'] },
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
    'Credits that requests with the key are paid for with. A refill has both an amount and an interval, or there is none. ' +
    '`null`: requests cost no credits.',
  examples: [{ remaining: 1000, refillAmount: 1000, refillIntervalSeconds: 86_400 }],
};

/** The credits that a plan, or the overrides of an owner, give. */
export const planCreditsSchema: JsonSchema = {
  type: ['object', 'null'],
  properties: {
    amount: createIntegerSchema(0, maxCredits),
    refillIntervalSeconds: { ...createIntegerSchema(1, maxWindowSeconds), type: ['integer', 'null'] },
  },
  required: ['amount'],
  additionalProperties: false,
  description:
    'Credits that all keys of the owner share: `amount` in each interval, or once. `null`: requests cost none.',
};

/** The windows as they appear in responses. */
export const shownRateLimitsSchema: JsonSchema = {
  type: 'array',
  items: createObjectSchema({
    name: { type: 'string', examples: ['minute'] },
    limit: { type: 'integer', minimum: 1, examples: [60] },
    windowSeconds: { type: 'integer', minimum: 1, examples: [60] },
  }),
  description: 'Its rate limits; an empty list: unlimited.',
  examples: [[{ name: 'minute', limit: 60, windowSeconds: 60 }]],
};

/** Credits as they appear in responses. */
export const shownCreditsSchema: JsonSchema = {
  ...allowNull(
    createObjectSchema({
      remaining: { type: 'integer', minimum: 0, examples: [100] },
      refillAmount: { type: ['integer', 'null'], minimum: 1, examples: [null] },
      refillIntervalSeconds: { type: ['integer', 'null'], minimum: 1, examples: [null] },
    }),
  ),
  description: 'Its credits; `null`: its requests cost none.',
  examples: [null],
};
