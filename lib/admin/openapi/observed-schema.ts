import { createObjectSchema, shownTime } from '../../domain/create-object-schema.js';
import type { JsonSchema } from '../../domain/json-schema.js';
import type { ObservedReport, ObservedRequests } from '../../domain/observed-view.js';

const members: Readonly<Record<keyof ObservedRequests, JsonSchema>> = {
  method: { type: 'string', examples: ['GET'] },
  route: {
    type: 'string',
    description: 'The route, with placeholders for anything that could be a value.',
    examples: ['/orders/:id'],
  },
  code: {
    type: 'string',
    description: 'The `code` that they would have been answered with.',
    examples: ['insufficient_scope'],
  },
  keyId: {
    type: ['string', 'null'],
    description: 'The key whose secret was valid.',
    examples: ['1Zq8rT3vW5xY7zAb'],
  },
  ownerId: { type: ['string', 'null'], description: 'The owner of the key.', examples: ['customer-17'] },
  count: { type: 'integer', minimum: 1, description: 'How many there were.', examples: [3] },
  firstAt: { ...shownTime, description: 'When the first of them arrived.' },
  lastAt: { ...shownTime, description: 'When the last of them arrived.' },
};

const report: Readonly<Record<keyof ObservedReport, JsonSchema>> = {
  items: { type: 'array', items: createObjectSchema(members) },
  complete: { type: 'boolean', description: '`false`: there are more than these.', examples: [true] },
};

/** What guards in observe mode would have refused. */
export const observedReportSchema: JsonSchema = {
  ...createObjectSchema(report),
  description: 'What guards in observe mode would have refused, the most frequent first.',
};
