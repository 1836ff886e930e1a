import { createObjectSchema } from '../../domain/create-object-schema.js';
import type { JsonSchema } from '../../domain/json-schema.js';
import { maxListedOwners } from '../../manage/impact-tally.js';

const names: JsonSchema = { type: 'array', items: { type: 'string' } };

function createCount(description: string): JsonSchema {
  return { type: 'integer', minimum: 0, description, examples: [3] };
}

/** What a change of a plan would take away. */
export const planImpactSchema: JsonSchema = {
  ...createObjectSchema({
    owners: createObjectSchema({
      checked: createCount('Owners with keys that were looked at.'),
      affected: createCount('Owners whose keys would lose something, or who would have too many.'),
    }),
    keys: createObjectSchema({
      checked: createCount('Keys that are not revoked and were looked at.'),
      affected: createCount('Keys that would lose something.'),
      scopes: createCount('Keys that would lose scopes.'),
      features: createCount('Keys that would lose features.'),
      resources: createCount('Keys that would reach fewer resources.'),
      ended: createCount('Keys that would be refused as expired.'),
      aboveCeilings: createCount('Keys with limits or credits beyond the new ceilings; they keep them.'),
      surplus: createCount('Keys beyond `maxKeys`; they stay.'),
    }),
    items: {
      type: 'array',
      maxItems: maxListedOwners,
      items: createObjectSchema({
        ownerId: { type: 'string', examples: ['customer-17'] },
        keys: createCount('Keys of the owner that would lose something.'),
        scopes: {
          ...names,
          description: 'Scopes that some of them would lose.',
          examples: [['orders:write']],
        },
        features: { ...names, description: 'Features that some of them would lose.', examples: [[]] },
        resources: { ...names, description: 'Kinds of which some would reach fewer.', examples: [[]] },
        endedKeys: createCount('Keys that would be refused as expired.'),
        keysAboveCeilings: createCount('Keys with limits or credits beyond the new ceilings.'),
        surplusKeys: createCount('Keys beyond `maxKeys`.'),
      }),
      description: 'The first owners that would be affected, by their ids.',
    },
  }),
  description:
    'What a change of a plan would take away. All numbers are exact, however many owners are listed.',
};
