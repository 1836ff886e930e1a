import { createObjectSchema, shownTime } from '../../domain/create-object-schema.js';
import type { JsonSchema } from '../../domain/json-schema.js';
import { keyIdPattern } from '../../domain/key-format.js';
import { postureReasons } from '../../domain/posture.js';
import { allowNull } from '../../domain/text-schemas.js';

const body: JsonSchema = { type: 'object', additionalProperties: true };

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
