import { maxCredits } from '../../domain/credits.js';
import { createObjectSchema, shownTime } from '../../domain/create-object-schema.js';
import type { Grantable, GrantableKind, GrantableName } from '../../domain/grantable.js';
import type { JsonSchema } from '../../domain/json-schema.js';
import { largestLifetimeDays } from '../../domain/lifetime-bounds.js';
import { shownRateLimitsSchema } from '../../domain/limit-schemas.js';
import { allowNull } from '../../domain/text-schemas.js';

const name: Readonly<Record<keyof GrantableName, JsonSchema>> = {
  name: { type: 'string', examples: ['orders:read'] },
  description: { type: 'string', description: 'As the app declares it.', examples: ['Read orders'] },
  grantable: { type: 'boolean', description: 'Whether the caller may give it to a key.', examples: [true] },
};

const kind: Readonly<Record<keyof GrantableKind, JsonSchema>> = {
  name: { type: 'string', examples: ['project'] },
  description: { type: 'string', description: 'As the app declares it.', examples: ['A project of the app'] },
  ids: {
    type: ['array', 'null'],
    items: { type: 'string' },
    description:
      '`null`: any ids, or none, which is a key for all resources of the kind. Otherwise a key must be bound to the kind, with none ' +
      'but these; `[]`: the caller can give no key.',
    examples: [['p1', 'p2']],
  },
  planIds: {
    type: ['array', 'null'],
    items: { type: 'string' },
    description:
      'The ids that the plan of the owner includes: a key can be bound to no others, and one that is not bound to the kind reaches these. ' +
      '`null`: all, and for admins.',
    examples: [['p1', 'p2', 'p3']],
  },
};

const ceilings: Readonly<Record<keyof Grantable['ceilings'], JsonSchema>> = {
  rateLimits: {
    ...shownRateLimitsSchema,
    description: 'For each of these, a key must have a window that allows no more requests in no less time.',
  },
  credits: {
    type: ['integer', 'null'],
    minimum: 0,
    maximum: maxCredits,
    description: 'Maximum credits of a new key; `null`: no maximum.',
    examples: [null],
  },
  maxLifetimeDays: {
    type: ['integer', 'null'],
    minimum: 1,
    maximum: largestLifetimeDays,
    description:
      'How long after its creation a new key ends at the latest, in days; `null`: no maximum. For admins, that of the default plan.',
    examples: [90],
  },
  expiresAt: {
    ...allowNull(shownTime),
    description:
      'The latest end of a key that is created now, and not after the end of a caller that is a key; `null`: none.',
  },
};

const members: Readonly<Record<keyof Grantable, JsonSchema>> = {
  scopes: { type: 'array', items: createObjectSchema(name), description: 'Every scope of the catalogue.' },
  features: {
    type: 'array',
    items: createObjectSchema(name),
    description: 'Every feature of the configured list.',
  },
  resources: {
    type: 'array',
    items: createObjectSchema(kind),
    description: 'Every kind of resources that keys can be bound to.',
  },
  ceilings: createObjectSchema(ceilings),
};

/** What the caller may give to keys. */
export const grantableSchema: JsonSchema = {
  ...createObjectSchema(members),
  description: 'What the caller may give to keys.',
};
