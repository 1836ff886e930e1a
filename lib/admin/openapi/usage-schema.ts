import type { JsonSchema } from '../../domain/json-schema.js';
import { allowNull } from '../../domain/text-schemas.js';
import { createObjectSchema, shownTime } from '../../domain/create-object-schema.js';

/** The usage of a key as it appears in responses. */
export const usageSchema: JsonSchema = {
  ...createObjectSchema({
    from: {
      ...shownTime,
      description:
        'From when on requests were counted: later than what was asked for where that is too long ago.',
    },
    to: { ...shownTime, description: 'Up to when; hours and days that start then or later are omitted.' },
    items: {
      type: 'array',
      items: createObjectSchema({
        start: { ...shownTime, description: 'When the hour or the day (UTC) begins.' },
        counts: {
          type: 'object',
          additionalProperties: { type: 'integer', minimum: 1 },
          description:
            'Number of requests by verdict: `allowed`, or the code of a refusal. Verdicts that did not occur are omitted.',
          examples: [{ allowed: 1204, rate_limited: 7 }],
        },
      }),
      description: 'Oldest first; hours and days in which the key was not used are omitted.',
    },
    lastUsedAt: { ...allowNull(shownTime), description: 'When the key was last used.' },
    lastUsedAddress: {
      type: ['string', 'null'],
      description: 'The address of its last use, as the app sees it.',
      examples: ['192.0.2.7'],
    },
  }),
  description: 'Usage statistics of a key.',
};
