import type { JsonSchema } from '../../domain/json-schema.js';
import { orNull } from '../../domain/text-schemas.js';
import { objectSchema, shownTime } from '../../domain/object-schema.js';

/** How a key was used, as answers show it. */
export const usageSchema: JsonSchema = {
  ...objectSchema({
    items: {
      type: 'array',
      items: objectSchema({
        start: { ...shownTime, description: 'When the hour or the day (UTC) begins.' },
        counts: {
          type: 'object',
          additionalProperties: { type: 'integer', minimum: 1 },
          description:
            'How often, by verdict: `allowed`, or the code of a refusal. What did not occur is left out.',
          examples: [{ allowed: 1204, rate_limited: 7 }],
        },
      }),
      description: 'Oldest first; hours and days in which the key was not used are left out.',
    },
    lastUsedAt: { ...orNull(shownTime), description: 'When the key was let in last.' },
    lastUsedAddress: {
      type: ['string', 'null'],
      description: 'Where it was used from last, as the app sees it.',
      examples: ['192.0.2.7'],
    },
  }),
  description: 'How a key was used.',
};
