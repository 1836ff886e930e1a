import { createObjectSchema, shownTime } from '../../domain/create-object-schema.js';
import type { JsonSchema } from '../../domain/json-schema.js';
import { keyIdPattern } from '../../domain/key-format.js';
import type { PlanExcess } from '../../domain/plan-excess.js';
import { postureReasons } from '../../domain/posture.js';
import { allowNull } from '../../domain/text-schemas.js';

const body: JsonSchema = { type: 'object', additionalProperties: true };

const createNames = (description: string, example: string): JsonSchema => ({
  type: 'array',
  items: { type: 'string' },
  description,
  examples: [[example]],
});

const members: Readonly<Record<keyof PlanExcess, JsonSchema>> = {
  scopes: createNames('Scopes of the app that the key has and the plan does not include.', 'orders:write'),
  features: createNames('Features that the key has and the plan does not include.', 'export'),
  resources: createNames('Resources that the key is bound to and the plan does not include.', 'project:p2'),
  rateLimits: createNames('Windows of `keyCeilings.rateLimits` that the key exceeds.', 'minute'),
  credits: {
    type: 'boolean',
    description: 'Whether its credits exceed `keyCeilings.credits`.',
    examples: [false],
  },
  maxLifetimeDays: {
    type: 'boolean',
    description: 'Whether it expires later than new keys.',
    examples: [false],
  },
  maxIdleDays: {
    type: 'boolean',
    description: 'Whether it may stay unused for longer than new keys.',
    examples: [false],
  },
};

const beyondPlanSchema: JsonSchema = {
  ...allowNull(createObjectSchema(members)),
  description: 'For `exceeds_plan`, what the key has beyond the plan of its owner; else `null`.',
};

/** One thing that deserves attention, as it appears in responses. */
export const postureSchema: JsonSchema = {
  ...createObjectSchema({
    keyId: { type: 'string', pattern: keyIdPattern.source, examples: ['1Zq8rT3vW5xY7zAb'] },
    ownerId: { type: 'string', examples: ['customer-17'] },
    keyspace: { type: 'string', examples: ['default'] },
    name: { type: 'string', description: 'The name of the key.', examples: ['CI of the shop'] },
    reason: { type: 'string', enum: postureReasons, examples: ['unused'] },
    since: { ...shownTime, description: 'Since when it is so.' },
    endsAt: {
      ...allowNull(shownTime),
      description: 'When the key, or its old secret, ends; `null`: never, or not known yet.',
    },
    unusedScopes: {
      type: 'array',
      items: { type: 'string' },
      description:
        'For `wider_than_used`, the scopes that the key has and that no request has needed; else empty.',
      examples: [['orders:write']],
    },
    oldSecretUsedOn: {
      ...allowNull(shownTime),
      description:
        'For `old_secret_used`, the beginning of the day (UTC) on which an old secret was last used; else `null`.',
    },
    beyondPlan: beyondPlanSchema,
    remedy: {
      ...createObjectSchema({
        command: { type: 'string', enum: ['update', 'rotate', 'revoke'], examples: ['revoke'] },
        input: {
          ...body,
          description: 'The input of the command in code.',
          examples: [{ id: '1Zq8rT3vW5xY7zAb' }],
        },
        method: { type: 'string', enum: ['PATCH', 'POST'], examples: ['POST'] },
        path: {
          type: 'string',
          description: 'Below the path of this API.',
          examples: ['/keys/1Zq8rT3vW5xY7zAb/revoke'],
        },
        body: { ...body, examples: [{ reason: 'cessationOfOperation' }] },
      }),
      description: 'The call that mends it.',
    },
  }),
  description: 'Something about a key that works and deserves attention.',
};
