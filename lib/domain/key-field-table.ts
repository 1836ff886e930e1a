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
  maxOwnerIdLength,
  parseDescription,
  parseEnabled,
  parseEnvironment,
  parseExpiresAt,
  parseIpAllowlist,
  parseMetadata,
  parseName,
  parseOwnerId,
  parseScopes,
} from './key-fields.js';
import { parseCredits, parseRateLimits } from './limit-fields.js';
import {
  creditsSchema,
  rateLimitsSchema,
  shownCreditsSchema,
  shownRateLimitsSchema,
} from './limit-schemas.js';
import { shownTime } from './object-schema.js';
import { parseFeatures } from './parse-features.js';
import { maxTagLength, maxTags, parseTags } from './parse-tags.js';
import { parseTokenLifetime } from './parse-token-lifetime.js';
import type { RateLimit } from './rate-limit.js';
import { maxScopesPerKey } from './scope.js';
import { lineSchema, lineWithoutCommasSchema, linesSchema, oneOfTexts, orNull } from './text-schemas.js';
import { expirySchema } from './time-schemas.js';

/** What can be said of a key when it is created, and changed later; as it is stored. */
export interface KeyFields {
  /** One line for people, up to 100 characters. */
  readonly name: string;
  /** What it is for, up to 500 characters; line breaks are allowed. `null`, the default: none. */
  readonly description: string | null;
  /** Granted scopes as given; may hold wildcards (`orders:*`, `*`). */
  readonly scopes: readonly string[];
  /** When it expires, in epoch milliseconds; `null`: never. */
  readonly expiresAt: number | null;
  /** Addresses and networks (`10.0.0.0/8`) that it may be used from, canonical; `null`, the default: any. Never empty. */
  readonly ipAllowlist: readonly string[] | null;
  /** Data of the app, up to 4 KiB of JSON; handlers see it on `req.apiKey.metadata`. */
  readonly metadata: JsonObject;
  /** Flags of the configured list. */
  readonly features: readonly string[];
  /** Up to 20 words to find keys by, each one line of up to 50 characters without commas. */
  readonly tags: readonly string[];
  /** Every window that a request is counted in; empty for none. */
  readonly rateLimits: readonly RateLimit[];
  /** `null`: requests are not paid for with credits. */
  readonly credits: Credits | null;
  /** How long its access tokens live, 60 to 86,400 seconds; `null`, the default: as long as is configured. */
  readonly tokenLifetimeSeconds: number | null;
}

/** Everything that can be said of a key. */
export interface SettableKeyFields extends KeyFields {
  /** Whose key it is, in the app's own words; up to 200 characters. Immutable. */
  readonly ownerId: string;
  /** Which of the configured environments it belongs to. Immutable. */
  readonly environment: string;
  /** Whether its owner has it switched on. */
  readonly enabled: boolean;
}

/** One field of a key: how it is described and read, when it can be set, and how it is shown. */
export interface KeyField<T> extends Field<unknown, T> {
  /** `both`: at creation, and by changes later. */
  readonly isSetAt: 'both' | 'creation' | 'change';
  /** How answers describe it, where that is not how bodies do. */
  readonly shownSchema?: FieldSchema;
}

/** Fields that have to be named, or for which options of the instance decide. */
type WithoutDefault = 'name' | 'scopes' | 'ownerId' | 'environment' | 'rateLimits' | 'credits';

/** What every key has that was created without saying it. */
export type KeyFieldDefaults = Omit<SettableKeyFields, WithoutDefault>;

/** The table, by name. */
export type KeyFieldTable = { readonly [K in WithoutDefault]: KeyField<SettableKeyFields[K]> } & {
  readonly [K in keyof KeyFieldDefaults]: KeyField<KeyFieldDefaults[K]> & {
    readonly default: KeyFieldDefaults[K];
  };
};

/**
 * Every field that can be said of a key. The admin API, its OpenAPI document, the API in code, what is stored and what is
 * shown follow it: a new field is a row here, a column in the databases, and nothing else.
 *
 * The order is that in which problems are listed.
 */
export const keyFieldTable: KeyFieldTable = {
  name: {
    isSetAt: 'both',
    schema: {
      ...lineSchema(maxNameLength),
      description: 'What people call the key: one line, not blank.',
      examples: ['CI of the shop'],
    },
    parse: parseName,
  },
  description: {
    isSetAt: 'both',
    default: null,
    schema: {
      ...orNull(linesSchema(maxDescriptionLength)),
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
      ...lineSchema(maxOwnerIdLength),
      description: "Whose key it is, in the app's own words.",
      examples: ['customer-17'],
    },
    shownSchema: { type: 'string', description: 'Whose key it is.', examples: ['customer-17'] },
    parse: parseOwnerId,
  },
  expiresAt: {
    isSetAt: 'both',
    default: null,
    schema: {
      ...orNull(expirySchema),
      description: 'When the key ends (RFC 3339, with offset). `null` for never.',
      examples: ['2099-01-31T12:00:00Z'],
    },
    shownSchema: { ...orNull(shownTime), description: 'When it ends; `null`: never.' },
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
        'Addresses and networks from which the key can be used. `null` for any; an empty list is refused.',
      examples: [['192.0.2.7', '2001:db8::/32']],
    },
    parse: parseIpAllowlist,
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
      description: 'Free data of the app.',
      examples: [{ team: 'shop' }],
    },
    parse: parseMetadata,
  },
  features: {
    isSetAt: 'both',
    default: [],
    schema: ({ keyspace }) => ({
      type: 'array',
      items: oneOfTexts(keyspace.features.names),
      maxItems: keyspace.features.names.length,
      uniqueItems: true,
      description: 'What is switched on for the key.',
      examples: [keyspace.features.names.slice(0, 1)],
    }),
    shownSchema: {
      type: 'array',
      items: { type: 'string' },
      description: 'What is switched on for it.',
      examples: [[]],
    },
    parse: (value, { keyspace }) => parseFeatures(value, keyspace.features),
  },
  tags: {
    isSetAt: 'both',
    default: [],
    schema: {
      type: 'array',
      items: lineWithoutCommasSchema(maxTagLength),
      maxItems: maxTags,
      uniqueItems: true,
      description: 'Words to find the key by: one line each, without commas.',
      examples: [['production', 'shop']],
    },
    shownSchema: {
      type: 'array',
      items: { type: 'string' },
      description: 'Words to find it by.',
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
      description: 'How long access tokens of the key live, in seconds. `null`: as long as is configured.',
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
    shownSchema: { type: 'boolean', description: 'Whether its owner has it switched on.', examples: [true] },
    parse: parseEnabled,
  },
};

/** Names of fields, in the order of the table. */
export function keyFieldsSetAt(moment: 'creation' | 'change'): readonly (keyof SettableKeyFields)[] {
  const names = Object.keys(keyFieldTable) as (keyof SettableKeyFields)[];
  return names.filter((name) => ['both', moment].includes(keyFieldTable[name].isSetAt));
}

/** What can be said at creation and later. */
export const keyFieldNames: readonly (keyof KeyFields)[] = (
  Object.keys(keyFieldTable) as (keyof KeyFields)[]
).filter((name) => keyFieldTable[name].isSetAt === 'both');

/** Fresh values for all fields that have a default. */
export function keyFieldDefaults(): KeyFieldDefaults {
  const values = Object.entries(keyFieldTable).flatMap(([name, row]) =>
    'default' in row ? [[name, structuredClone(row.default)]] : [],
  );
  return Object.fromEntries(values) as KeyFieldDefaults;
}
