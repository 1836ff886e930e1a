import { maxTokenLifetimeSeconds, minTokenLifetimeSeconds } from './access-token.js';
import { maxAllowlistEntries } from './address.js';
import type { Credits } from './credits.js';
import type { Field, FieldSchema } from './field.js';
import type { JsonObject } from './json.js';
import {
  maxDescriptionLength,
  maxMetadataBytes,
  maxMetadataDepth,
  maxNameLength,
  parseDescription,
  parseEnabled,
  parseEnvironment,
  parseExpiresAt,
  parseIpAllowlist,
  parseMetadata,
  parseName,
  parseNewOwnerId,
  parseScopes,
} from './key-fields.js';
import type { LifetimeBounds } from './lifetime-bounds.js';
import { parseCredits, parseRateLimits } from './limit-fields.js';
import {
  creditsSchema,
  rateLimitsSchema,
  shownCreditsSchema,
  shownRateLimitsSchema,
} from './limit-schemas.js';
import { shownTime } from './create-object-schema.js';
import { parseFeatures } from './parse-features.js';
import { maxTagLength, maxTags, parseTags } from './parse-tags.js';
import { parseTokenLifetime } from './parse-token-lifetime.js';
import type { RateLimit } from './rate-limit.js';
import { parseResourceBinding, type ResourceBinding } from './resource-binding.js';
import { createResourceBindingSchema, shownResourceBindingSchema } from './resource-schemas.js';
import { maxScopesPerKey } from './scope.js';
import {
  createLineSchema,
  createNewOwnerIdSchema,
  createLineWithoutCommasSchema,
  createLinesSchema,
  createEnumSchema,
  allowNull,
} from './text-schemas.js';
import { expirySchema } from './time-schemas.js';

/** The fields of a key that can be set at creation and changed later, as they are stored. */
export interface KeyFields {
  /** Display name: one line, up to 100 characters. */
  readonly name: string;
  /** What the key is for, up to 500 characters; line breaks are allowed. `null` (the default): none. */
  readonly description: string | null;
  /** Granted scopes as given; may contain wildcards (`orders:*`, `*`). */
  readonly scopes: readonly string[];
  /** When the key expires, in epoch milliseconds; `null`: never. */
  readonly expiresAt: number | null;
  /** Addresses and networks (`10.0.0.0/8`) it may be used from, canonical; `null` (the default): any. Never empty. */
  readonly ipAllowlist: readonly string[] | null;
  /** The single resources that it is bound to, by kind; `null` (the default): all. */
  readonly resources: ResourceBinding | null;
  /** Data of the app, up to 4 KiB of JSON; available to handlers as `req.apiKey.metadata`. */
  readonly metadata: JsonObject;
  /** Feature flags of the key, from the configured list. */
  readonly features: readonly string[];
  /** Up to 20 tags to find keys by, each one line of up to 50 characters without commas. */
  readonly tags: readonly string[];
  /** Every rate limit window that a request counts against; empty for none. */
  readonly rateLimits: readonly RateLimit[];
  /** `null`: requests are not paid for with credits. */
  readonly credits: Credits | null;
  /** Lifetime of its access tokens, 60 to 86,400 seconds; `null` (the default): the configured lifetime. */
  readonly tokenLifetimeSeconds: number | null;
}

/** Every field of a key that can be set. */
export interface SettableKeyFields extends KeyFields {
  /** The app's own id of the key's owner, up to 200 characters. Immutable. */
  readonly ownerId: string;
  /** Which of the configured environments the key belongs to. Immutable. */
  readonly environment: string;
  /** Whether the key is enabled. */
  readonly enabled: boolean;
}

/** One field of a key: how it is documented and parsed, when it can be set, and how it is shown. */
export interface KeyField<T> extends Field<unknown, T> {
  /** `both`: at creation, and by later changes. */
  readonly isSetAt: 'both' | 'creation' | 'change';
  /** The schema of the field in responses, if it differs from that in request bodies. */
  readonly shownSchema?: FieldSchema;
}

/** Fields that are required, or whose default depends on options of the instance. */
type WithoutDefault = 'name' | 'scopes' | 'ownerId' | 'environment' | 'rateLimits' | 'credits';

/** The values of fields that were omitted at creation. */
export type KeyFieldDefaults = Omit<SettableKeyFields, WithoutDefault>;

/** The table, by name. */
export type KeyFieldTable = { readonly [K in WithoutDefault]: KeyField<SettableKeyFields[K]> } & {
  readonly [K in keyof KeyFieldDefaults]: KeyField<KeyFieldDefaults[K]> & {
    readonly default: KeyFieldDefaults[K];
  };
};

/**
 * Every field of a key that can be set. The admin API, its OpenAPI document, the programmatic API, what is stored and what
 * is shown are derived from it: a new field is a row here, a column in the databases, and nothing else.
 *
 * Problems are listed in this order.
 */
export const keyFieldTable: KeyFieldTable = {
  name: {
    isSetAt: 'both',
    schema: {
      ...createLineSchema(maxNameLength),
      description: 'Display name of the key: one line, not blank.',
      examples: ['CI of the shop'],
    },
    parse: parseName,
  },
  description: {
    isSetAt: 'both',
    default: null,
    schema: {
      ...allowNull(createLinesSchema(maxDescriptionLength)),
      description: 'What the key is for; line breaks are allowed. `null` for none.',
      examples: ['Reads orders every night.'],
    },
    parse: parseDescription,
  },
  scopes: {
    isSetAt: 'both',
    schema: ({ keyspace }) => ({
      type: 'array',
      items: { type: 'string', enum: keyspace.catalogue.grantable },
      maxItems: maxScopesPerKey,
      uniqueItems: true,
      description: 'What the key may do. An empty list is a key that may do nothing; it never means all.',
      examples: [keyspace.catalogue.names.slice(0, 1)],
    }),
    shownSchema: ({ keyspace }) => ({
      type: 'array',
      items: { type: 'string' },
      description: 'What it may do.',
      examples: [keyspace.catalogue.names.slice(0, 1)],
    }),
    parse: (value, { keyspace }) => parseScopes(value, keyspace.catalogue),
  },
  ownerId: {
    isSetAt: 'creation',
    schema: {
      ...createNewOwnerIdSchema(),
      description: "The app's own id of the key's owner.",
      examples: ['customer-17'],
    },
    shownSchema: { type: 'string', description: "The key's owner.", examples: ['customer-17'] },
    parse: parseNewOwnerId,
  },
  expiresAt: {
    isSetAt: 'both',
    default: null,
    schema: ({ keyspace: { policy } }) => ({
      ...allowNull(expirySchema),
      description: `When the key expires (RFC 3339, with offset). ${describeLatestEnd(policy)}`,
      examples: ['2099-01-31T12:00:00Z'],
    }),
    shownSchema: { ...allowNull(shownTime), description: 'When it expires; `null`: never.' },
    parse: (value, { clock }) => parseExpiresAt(value, clock.now()),
  },
  ipAllowlist: {
    isSetAt: 'both',
    default: null,
    schema: {
      type: ['array', 'null'],
      items: { type: 'string', 'x-network': true },
      minItems: 1,
      maxItems: maxAllowlistEntries,
      description:
        'Addresses and networks from which the key can be used. `null` for any; an empty list is rejected.',
      examples: [['192.0.2.7', '2001:db8::/32']],
    },
    parse: parseIpAllowlist,
  },
  resources: {
    isSetAt: 'both',
    default: null,
    schema: ({ keyspace }) => createResourceBindingSchema(keyspace.resources),
    shownSchema: shownResourceBindingSchema,
    parse: (value, { keyspace }) => parseResourceBinding(value, keyspace.resources),
  },
  metadata: {
    isSetAt: 'both',
    default: {},
    schema: {
      type: 'object',
      additionalProperties: true,
      'x-max-bytes': maxMetadataBytes,
      'x-max-depth': maxMetadataDepth,
      'x-forbidden-names': ['__proto__', 'constructor', 'prototype'],
      'x-storable-texts': true,
      'x-finite-numbers': true,
      description: 'Free-form data of the app.',
      examples: [{ team: 'shop' }],
    },
    parse: parseMetadata,
  },
  features: {
    isSetAt: 'both',
    default: [],
    schema: ({ keyspace }) => ({
      type: 'array',
      items: createEnumSchema(keyspace.features.names),
      maxItems: keyspace.features.names.length,
      uniqueItems: true,
      description: 'Feature flags of the key.',
      examples: [keyspace.features.names.slice(0, 1)],
    }),
    shownSchema: {
      type: 'array',
      items: { type: 'string' },
      description: 'Its feature flags.',
      examples: [[]],
    },
    parse: (value, { keyspace }) => parseFeatures(value, keyspace.features),
  },
  tags: {
    isSetAt: 'both',
    default: [],
    schema: {
      type: 'array',
      items: createLineWithoutCommasSchema(maxTagLength),
      maxItems: maxTags,
      uniqueItems: true,
      description: 'Tags to find the key by: one line each, without commas.',
      examples: [['production', 'shop']],
    },
    shownSchema: {
      type: 'array',
      items: { type: 'string' },
      description: 'Tags to find it by.',
      examples: [[]],
    },
    parse: parseTags,
  },
  rateLimits: {
    isSetAt: 'both',
    schema: rateLimitsSchema,
    shownSchema: shownRateLimitsSchema,
    parse: parseRateLimits,
  },
  credits: {
    isSetAt: 'both',
    schema: creditsSchema,
    shownSchema: shownCreditsSchema,
    parse: parseCredits,
  },
  tokenLifetimeSeconds: {
    isSetAt: 'both',
    default: null,
    schema: {
      type: ['integer', 'null'],
      minimum: minTokenLifetimeSeconds,
      maximum: maxTokenLifetimeSeconds,
      description: 'Lifetime of access tokens of the key, in seconds. `null`: the configured lifetime.',
      examples: [900],
    },
    parse: parseTokenLifetime,
  },
  environment: {
    isSetAt: 'creation',
    schema: ({ keyspace }) => ({
      type: 'string',
      enum: keyspace.environments,
      default: keyspace.environment,
      description: 'Which environment the key belongs to; it cannot be changed later.',
      examples: [keyspace.environment],
    }),
    shownSchema: ({ keyspace }) => ({
      type: 'string',
      description: 'Which environment it belongs to.',
      examples: [keyspace.environment],
    }),
    parse: (value, { keyspace }) => parseEnvironment(value, keyspace.environments),
  },
  enabled: {
    isSetAt: 'change',
    default: true,
    schema: { type: 'boolean', description: 'Whether the key can be used.', examples: [false] },
    shownSchema: { type: 'boolean', description: 'Whether it is enabled.', examples: [true] },
    parse: parseEnabled,
  },
};

function describeLatestEnd({ maxLifetimeDays }: LifetimeBounds): string {
  if (maxLifetimeDays === null) return '`null` for never.';
  return `At most ${maxLifetimeDays} days after its creation, which is also the default of a new key.`;
}

/** Returns the names of the fields that can be set at this time, in the order of the table. */
export function listKeyFieldsSetAt(moment: 'creation' | 'change'): readonly (keyof SettableKeyFields)[] {
  const names = Object.keys(keyFieldTable) as (keyof SettableKeyFields)[];
  return names.filter((name) => ['both', moment].includes(keyFieldTable[name].isSetAt));
}

/** The names of the fields that can be set at creation and changed later. */
export const keyFieldNames: readonly (keyof KeyFields)[] = (
  Object.keys(keyFieldTable) as (keyof KeyFields)[]
).filter((name) => keyFieldTable[name].isSetAt === 'both');

/** Returns new default values for all fields that have a default. */
export function createKeyFieldDefaults(): KeyFieldDefaults {
  const values = Object.entries(keyFieldTable).flatMap(([name, row]) =>
    'default' in row ? [[name, structuredClone(row.default)]] : [],
  );
  return Object.fromEntries(values) as KeyFieldDefaults;
}
