import { createObjectSchema, shownTime } from '../../domain/create-object-schema.js';
import type { JsonSchema } from '../../domain/json-schema.js';
import { shownRateLimitsSchema } from '../../domain/limit-schemas.js';
import { shownReachableSchema } from '../../domain/resource-schemas.js';
import { allowNull } from '../../domain/text-schemas.js';

/** An owner as it appears in responses. */
export const ownerSchema: JsonSchema = {
  ...createObjectSchema({
    ownerId: { type: 'string', examples: ['customer-17'] },
    plan: {
      type: ['string', 'null'],
      description: 'The name of the plan; `null`: the default plan.',
      examples: [null],
    },
    overrides: {
      type: ['object', 'null'],
      description: 'What this owner gets instead of what the plan says; `null`: nothing.',
      properties: {
        scopes: { type: 'array', items: { type: 'string' } },
        features: { type: 'array', items: { type: 'string' } },
        rateLimits: shownRateLimitsSchema,
        credits: {
          type: ['object', 'null'],
          properties: {
            amount: { type: 'integer', minimum: 0 },
            refillIntervalSeconds: { type: ['integer', 'null'], minimum: 1 },
          },
          required: ['amount', 'refillIntervalSeconds'],
          additionalProperties: false,
        },
        keyCeilings: {
          type: 'object',
          properties: {
            rateLimits: shownRateLimitsSchema,
            credits: { type: ['integer', 'null'], minimum: 0 },
          },
          additionalProperties: false,
        },
        maxKeys: { type: ['integer', 'null'], minimum: 1 },
        maxLifetimeDays: { type: ['integer', 'null'], minimum: 1 },
        maxIdleDays: { type: ['integer', 'null'], minimum: 1 },
        resources: shownReachableSchema,
      },
      additionalProperties: false,
      examples: [null],
    },
    suspendedAt: {
      ...allowNull(shownTime),
      description: 'Since when all keys of the owner are refused; `null` when they are not.',
    },
    suspensionReason: {
      type: ['string', 'null'],
      description: 'Why the owner was suspended, for operators.',
      examples: ['Invoice 17 is overdue'],
    },
    version: {
      type: 'integer',
      minimum: 0,
      description: 'Incremented by every change; 0 while nothing is recorded about the owner.',
      examples: [1],
    },
    createdAt: { ...allowNull(shownTime), description: 'When something was first recorded.' },
    updatedAt: { ...allowNull(shownTime), description: 'When it last changed.' },
  }),
  description: 'What an owner may do now.',
};

/** What is left of the credits that the keys of an owner share. */
export const ownerCreditsSchema: JsonSchema = {
  ...allowNull(
    createObjectSchema({
      remaining: { type: 'integer', minimum: 0, examples: [9_400] },
      amount: { type: 'integer', minimum: 0, examples: [10_000] },
      refillIntervalSeconds: { type: ['integer', 'null'], minimum: 1, examples: [2_592_000] },
      refillsAt: {
        ...allowNull(shownTime),
        description: 'When `remaining` is `amount` again; `null`: never, or nothing was spent yet.',
      },
    }),
  ),
  description:
    'What is left of the credits that the plan gives to all keys of the owner together; `null`: it gives none, and requests cost none.',
  examples: [null],
};
