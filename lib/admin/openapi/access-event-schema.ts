import { accessActions, type AccessEntry } from '../../domain/access-entry.js';
import type { JsonSchema } from '../../domain/json-schema.js';
import { orNull } from '../../domain/text-schemas.js';
import { objectSchema, shownTime } from '../../domain/object-schema.js';

/** An entry of the access log as answers show it. */
const members: Readonly<Record<keyof AccessEntry, JsonSchema>> = {
  id: { type: 'string', examples: ['8sJq2LmX0aBcDe4F'] },
  at: { ...shownTime, description: 'When the first of the requests came.' },
  lastAt: { ...shownTime, description: 'When the last of them came.' },
  count: { type: 'integer', minimum: 1, description: 'How many there were.', examples: [3] },
  action: { type: 'string', enum: accessActions, examples: ['access.refused'] },
  code: {
    type: ['string', 'null'],
    description: 'The `code` that they were answered with.',
    examples: ['invalid_token'],
  },
  keyId: {
    type: ['string', 'null'],
    description: 'The key whose secret was right, or that the management side was asked about.',
    examples: ['1Zq8rT3vW5xY7zAb'],
  },
  ownerId: {
    type: ['string', 'null'],
    description: 'Whose key it is, or which owner asked the management side.',
    examples: ['customer-17'],
  },
  actor: {
    ...orNull(
      objectSchema({
        kind: { type: 'string', enum: ['owner', 'admin', 'key', 'application'], examples: ['owner'] },
        id: { type: ['string', 'null'], examples: ['customer-17'] },
      }),
    ),
    description: 'Who asked the management side.',
  },
  address: {
    type: ['string', 'null'],
    description: 'Where the first of them came from, as the app sees it.',
    examples: ['192.0.2.7'],
  },
  method: { type: 'string', examples: ['GET'] },
  route: {
    type: 'string',
    description: 'The route, with placeholders for what could be a value.',
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
  ...objectSchema(members),
  description: 'Requests that were refused, or let in with a replaced secret, and were alike.',
};
