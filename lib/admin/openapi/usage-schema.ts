import type { JsonSchema } from '../../domain/json-schema.js';
import { statusClasses } from '../../domain/route-usage.js';
import { allowNull } from '../../domain/text-schemas.js';
import { createObjectSchema, shownTime } from '../../domain/create-object-schema.js';

const always: Readonly<Record<string, JsonSchema>> = {
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
};

const routes: JsonSchema = {
  type: 'array',
  items: createObjectSchema({
    route: {
      type: 'string',
      description: 'As the app has declared it. `other` stands for the routes beyond the first 100 of a day.',
      examples: ['/orders/:id'],
    },
    counts: {
      type: 'object',
      properties: Object.fromEntries(
        statusClasses.map((status) => [status, { type: 'integer', minimum: 1 } as const]),
      ),
      additionalProperties: false,
      description:
        'Number of requests by class of status; `aborted` where the caller was gone before the end of the answer. Classes that did not occur are omitted.',
      examples: [{ '2xx': 1197, '4xx': 7 }],
    },
  }),
  description:
    'Only with `byRoute=true`: the routes that the key was used for, in the days (UTC) from that of `from`; most requests first. Empty where the app does not count them.',
};

/** The usage of a key as it appears in responses. */
export const usageSchema: JsonSchema = {
  type: 'object',
  required: Object.keys(always),
  properties: { ...always, routes },
  additionalProperties: false,
  description: 'Usage statistics of a key.',
};
