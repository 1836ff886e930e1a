import type { JsonSchema } from './json-schema.js';
import { hiddenCharacters } from './key-fields.js';
import { maxResourceIdLength, maxResourceIds } from './resource-binding.js';
import type { ResourceCatalogue } from './resource-catalogue.js';
import { createLineSchema } from './text-schemas.js';

/** What a key is bound to: a list of ids for each kind. */
export function createResourceBindingSchema(catalogue: ResourceCatalogue): JsonSchema {
  const properties = catalogue.kinds.map((kind) => [kind, createIdsSchema(catalogue.describe(kind))]);
  const [kind] = catalogue.kinds;
  return {
    type: ['object', 'null'],
    properties: Object.fromEntries(properties) as JsonSchema,
    additionalProperties: false,
    minProperties: 1,
    description:
      'The single resources that the key is bound to, by kind; a kind that is not named is not restricted. `null` for all ' +
      'resources; an empty object or list is rejected. It is replaced as a whole.',
    examples: [kind === undefined ? null : { [kind]: ['p1', 'p2'] }],
  };
}

/** The same as it appears in responses: kinds that are no longer configured are shown as well. */
export const shownResourceBindingSchema: JsonSchema = {
  type: ['object', 'null'],
  additionalProperties: { type: 'array', items: { type: 'string' } },
  description: 'The single resources that it is bound to, by kind; `null`: none in particular, so all.',
  examples: [null],
};

function createIdsSchema(description: string): JsonSchema {
  return {
    type: 'array',
    items: createLineSchema(maxResourceIdLength),
    minItems: 1,
    maxItems: maxResourceIds,
    uniqueItems: true,
    ...(description === '' ? {} : { description }),
  };
}

/** What keys of an owner can be used for: a list of ids, or `null`, for each kind. */
export function createReachableSchema({ kinds }: ResourceCatalogue): JsonSchema {
  const { minItems: _, ...ids } = createIdsSchema('');
  const properties = kinds.map((kind) => [kind, { ...ids, type: ['array', 'null'] }]);
  return {
    type: 'object',
    properties: Object.fromEntries(properties) as JsonSchema,
    additionalProperties: false,
    description:
      'The single resources that keys can be used for, by kind: `[]` for none, `null` for all. A kind that is not named stays as it is.',
  };
}

/** The same as it appears in responses. */
export const shownReachableSchema: JsonSchema = {
  type: 'object',
  additionalProperties: { type: ['array', 'null'], items: { type: 'string' } },
};

/** One resource in a query: its kind and its id with a colon between them, as `project:p1`. */
export function createSoughtResourceSchema({ kinds }: ResourceCatalogue): JsonSchema {
  // Without kinds nothing can be sought.
  const head = kinds.length === 0 ? '(?!)' : `(?:${kinds.join('|')}):`;
  return {
    type: 'string',
    pattern: `^${head}(?=.*\\S)[^${hiddenCharacters}]{1,${maxResourceIdLength}}$`,
    description:
      'Only keys that are bound to this resource, as its kind and its id with a colon between them.',
    ...(kinds[0] === undefined ? {} : { examples: [`${kinds[0]}:p1`] }),
  };
}
