import { accessActions, type AccessEntry } from '../../domain/access-entry.js';
import type { JsonSchema } from '../../domain/json-schema.js';
import { allowNull } from '../../domain/text-schemas.js';
import { actorSchema } from './actor-schema.js';
import { createObjectSchema, shownTime } from '../../domain/create-object-schema.js';

/** An entry of the access log as it appears in responses. */
const members: Readonly<Record<keyof AccessEntry, JsonSchema>> = {
  id: { type: 'string', examples: ['8sJq2LmX0aBcDe4F'] },
  at: { ...shownTime, description: 'When the first of the requests arrived.' },
  lastAt: { ...shownTime, description: 'When the last of them arrived.' },
  count: { type: 'integer', minimum: 1, description: 'How many there were.', examples: [3] },
  action: { type: 'string', enum: accessActions, examples: ['access.refused'] },
  code: {
    type: ['string', 'null'],
    description: 'The `code` that they were answered with.',
    examples: ['invalid_token'],
  },
  keyId: {
    type: ['string', 'null'],
    description: 'The key whose secret was valid, or that a management request was about.',
    examples: ['1Zq8rT3vW5xY7zAb'],
  },
  ownerId: {
    type: ['string', 'null'],
    description: 'The owner of the key, or the owner that sent the management request.',
    examples: ['customer-17'],
  },
  actor: {
    ...allowNull(actorSchema),
    description: 'The caller of the management API.',
  },
  address: {
    type: ['string', 'null'],
    description: 'The client address of the first of them, as the app sees it.',
    examples: ['192.0.2.7'],
  },
  method: { type: 'string', examples: ['GET'] },
  route: {
    type: 'string',
    description: 'The route, with placeholders for anything that could be a value.',
    examples: ['/orders/:id'],
  },
  requestId: {
    type: ['string', 'null'],
    description: 'The `X-Request-Id` of the first of them.',
    examples: ['5f2c9a1e'],
  },
};

/** One entry. */
export const accessEventSchema: JsonSchema = {
  ...createObjectSchema(members),
  description: 'Similar requests that were refused, or allowed with a replaced secret.',
};
