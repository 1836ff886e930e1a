import { maxCredits } from '../../domain/credits.js';
import { createObjectSchema } from '../../domain/create-object-schema.js';
import type { Grantable, GrantableName } from '../../domain/grantable.js';
import type { JsonSchema } from '../../domain/json-schema.js';
import { shownRateLimitsSchema } from '../../domain/limit-schemas.js';

const name: Readonly<Record<keyof GrantableName, JsonSchema>> = {
  name: { type: 'string', examples: ['orders:read'] },
  description: { type: 'string', description: 'As the app declares it.', examples: ['Read orders'] },
  grantable: { type: 'boolean', description: 'Whether the caller may give it to a key.', examples: [true] },
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
};

const members: Readonly<Record<keyof Grantable, JsonSchema>> = {
  scopes: { type: 'array', items: createObjectSchema(name), description: 'Every scope of the catalogue.' },
  features: {
    type: 'array',
    items: createObjectSchema(name),
    description: 'Every feature of the configured list.',
  },
  ceilings: createObjectSchema(ceilings),
};

/** What the caller may give to keys. */
export const grantableSchema: JsonSchema = {
  ...createObjectSchema(members),
  description: 'What the caller may give to keys.',
};
