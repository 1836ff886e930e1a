import { InvalidFieldError } from './key-fields.js';
import { createEnumSchema, allowNull } from './text-schemas.js';
import type { FieldRules } from './field-rules.js';
import type { JsonSchema } from './json-schema.js';
import { maxCredits } from './credits.js';
import { largestMaxKeysPerOwner } from './keyspace-policy.js';
import { largestLifetimeDays } from './lifetime-bounds.js';
import { planCreditsSchema, rateLimitsSchema } from './limit-schemas.js';
import { parsePlanMembers, type PlanCatalogues } from './parse-plan-members.js';
import type { PlanMembers } from './plan.js';
import { createReachableSchema } from './resource-schemas.js';
import { maxScopesPerKey } from './scope.js';

/** Parses the name of a plan; `null` for the default plan. @param names - the plans of the instance */
export function parsePlanName(value: unknown, names: readonly string[]): string | null {
  if (value === null || (typeof value === 'string' && names.includes(value))) return value;
  throw new InvalidFieldError(
    names.length === 0
      ? 'must be null: no plans are configured here'
      : `must be one of ${names.join(', ')}, or null for the default plan`,
  );
}

/** Parses what an owner gets instead of what the plan says; `null` and `{}` for nothing. */
export function parseOverrides(value: unknown, catalogues: PlanCatalogues): PlanMembers | null {
  if (value === null) return null;
  const members = parsePlanMembers(value, catalogues);
  return Object.keys(members).length === 0 ? null : members;
}

/** The name of a plan in a request. */
export function createPlanNameSchema({ keyspace }: FieldRules): JsonSchema {
  const { names } = keyspace.plans;
  const values: JsonSchema =
    names.length === 0 ? { type: 'null' } : { ...allowNull({ type: 'string' }), enum: [...names, null] };
  return {
    ...values,
    description: 'The plan of the owner; `null`: the default plan.',
    examples: [names[0] ?? null],
  };
}

/** The members of a plan in a request. */
export function createPlanMembersSchema(rules: FieldRules): JsonSchema {
  return {
    ...createOverridesSchema(rules),
    type: 'object',
    description: 'The members of a plan; what is left out is as the options of the instance say.',
  };
}

/** Overrides in a request. */
export function createOverridesSchema({ keyspace }: FieldRules): JsonSchema {
  const { catalogue, features, resources } = keyspace;
  const windows = { ...rateLimitsSchema, description: 'Windows, as those of a key.' };
  return {
    type: ['object', 'null'],
    properties: {
      scopes: {
        type: 'array',
        items: createEnumSchema(catalogue.grantable),
        maxItems: maxScopesPerKey,
        uniqueItems: true,
      },
      features: {
        type: 'array',
        items: createEnumSchema(features.names),
        maxItems: features.names.length,
        uniqueItems: true,
      },
      rateLimits: windows,
      credits: planCreditsSchema,
      keyCeilings: {
        type: 'object',
        properties: {
          rateLimits: windows,
          credits: { type: ['integer', 'null'], minimum: 0, maximum: maxCredits },
        },
        additionalProperties: false,
      },
      maxKeys: { type: ['integer', 'null'], minimum: 1, maximum: largestMaxKeysPerOwner },
      maxLifetimeDays: { type: ['integer', 'null'], minimum: 1, maximum: largestLifetimeDays },
      maxIdleDays: { type: ['integer', 'null'], minimum: 1, maximum: largestLifetimeDays },
      resources: createReachableSchema(resources),
    },
    additionalProperties: false,
    description: 'What this owner gets instead of what the plan says, member by member; `null`: nothing.',
    examples: [{ maxKeys: 20 }],
  };
}
