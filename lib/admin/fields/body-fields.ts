import { maxAllowlistEntries } from '../../domain/address.js';
import {
  maxDescriptionLength,
  maxGracePeriodSeconds,
  maxMetadataBytes,
  maxMetadataDepth,
  maxNameLength,
  maxOwnerIdLength,
  parseDescription,
  parseEnabled,
  parseEnvironment,
  parseExpiresAt,
  parseGracePeriodSeconds,
  parseIpAllowlist,
  parseMetadata,
  parseName,
  parseOwnerId,
  parseScopes,
} from '../../domain/key-fields.js';
import { maxPemLength } from '../../domain/public-key.js';
import { parseSigningMethod, signingMethods } from '../../domain/signing-method.js';
import type { KeyFields } from '../../manage/key-field-readers.js';
import { readPublicKey } from '../../manage/read-public-key.js';
import { maxTokenLifetimeSeconds, minTokenLifetimeSeconds } from '../../domain/access-token.js';
import { parseTokenLifetime } from '../../domain/parse-token-lifetime.js';
import { parseFeatures } from '../../domain/parse-features.js';
import { parseCredits, parseRateLimits } from '../../domain/limit-fields.js';
import { maxTagLength, maxTags, parseTags } from '../../domain/parse-tags.js';
import { parseRevocationReason, revocationReasons } from '../../domain/revocation-reason.js';
import { parseGraceStartsOnFirstUse } from '../../domain/rotation-fields.js';
import { maxScopesPerKey } from '../../domain/scope.js';
import type { Field } from './field.js';
import { creditsSchema, rateLimitsSchema } from './limit-schemas.js';
import { lineSchema, lineWithoutCommasSchema, linesSchema, oneOfTexts, orNull } from './text-schemas.js';
import { expirySchema } from './time-schemas.js';

/** Of RFC 9421, appendix B.1.4. */
const examplePem =
  '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=\n-----END PUBLIC KEY-----\n';

/** A field that a body can hold. */
export type BodyField =
  | keyof KeyFields
  | 'enabled'
  | 'environment'
  | 'ownerId'
  | 'gracePeriodSeconds'
  | 'graceStartsOnFirstUse'
  | 'publicKey'
  | 'signing'
  | 'reason'
  | 'comment';

/** Every field that a body can hold: what it looks like, and which rule of the domain decides over it. */
export const bodyFields: Readonly<Record<BodyField, Field<unknown>>> = {
  name: {
    schema: {
      ...lineSchema(maxNameLength),
      description: 'What people call the key: one line, not blank.',
      examples: ['CI of the shop'],
    },
    parse: parseName,
  },
  description: {
    schema: {
      ...orNull(linesSchema(maxDescriptionLength)),
      description: 'What the key is for; line breaks are allowed. `null` for none.',
      examples: ['Reads orders every night.'],
    },
    parse: parseDescription,
  },
  scopes: {
    schema: ({ keyspace }) => ({
      type: 'array',
      items: { type: 'string', enum: keyspace.catalogue.grantable },
      maxItems: maxScopesPerKey,
      uniqueItems: true,
      description: 'What the key may do. An empty list is a key that may do nothing; it never means all.',
      examples: [keyspace.catalogue.names.slice(0, 1)],
    }),
    parse: (value, { keyspace }) => parseScopes(value, keyspace.catalogue),
  },
  expiresAt: {
    schema: {
      ...orNull(expirySchema),
      description: 'When the key ends (RFC 3339, with offset). `null` for never.',
      examples: ['2099-01-31T12:00:00Z'],
    },
    parse: (value, { clock }) => parseExpiresAt(value, clock.now()),
  },
  ipAllowlist: {
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
    schema: ({ keyspace }) => ({
      type: 'array',
      items: oneOfTexts(keyspace.features.names),
      maxItems: keyspace.features.names.length,
      uniqueItems: true,
      description: 'What is switched on for the key.',
      examples: [keyspace.features.names.slice(0, 1)],
    }),
    parse: (value, { keyspace }) => parseFeatures(value, keyspace.features),
  },
  tags: {
    schema: {
      type: 'array',
      items: lineWithoutCommasSchema(maxTagLength),
      maxItems: maxTags,
      uniqueItems: true,
      description: 'Words to find the key by: one line each, without commas.',
      examples: [['production', 'shop']],
    },
    parse: parseTags,
  },
  rateLimits: { schema: rateLimitsSchema, parse: parseRateLimits },
  credits: { schema: creditsSchema, parse: parseCredits },
  tokenLifetimeSeconds: {
    schema: {
      type: ['integer', 'null'],
      minimum: minTokenLifetimeSeconds,
      maximum: maxTokenLifetimeSeconds,
      description: 'How long access tokens of the key live, in seconds. `null`: as long as is configured.',
      examples: [900],
    },
    parse: parseTokenLifetime,
  },
  enabled: {
    schema: { type: 'boolean', description: 'Whether the key can be used.', examples: [false] },
    parse: parseEnabled,
  },
  environment: {
    schema: ({ keyspace }) => ({
      type: 'string',
      enum: keyspace.environments,
      default: keyspace.environment,
      description: 'Which environment the key belongs to; it cannot be changed later.',
      examples: [keyspace.environment],
    }),
    parse: (value, { keyspace }) => parseEnvironment(value, keyspace.environments),
  },
  ownerId: {
    schema: {
      ...lineSchema(maxOwnerIdLength),
      description: "Whose key it is, in the app's own words.",
      examples: ['customer-17'],
    },
    parse: parseOwnerId,
  },
  gracePeriodSeconds: {
    schema: {
      type: 'integer',
      minimum: 0,
      maximum: maxGracePeriodSeconds,
      default: 0,
      description: 'How long the old secret stays valid; 0 ends it at once.',
      examples: [3600],
    },
    parse: parseGracePeriodSeconds,
  },
  graceStartsOnFirstUse: {
    schema: {
      type: 'boolean',
      default: false,
      description:
        'Whether the grace period begins when the new secret is used for the first time; until then the old one has no end.',
      examples: [true],
    },
    parse: parseGraceStartsOnFirstUse,
  },
  publicKey: {
    schema: {
      type: 'string',
      maxLength: maxPemLength,
      'x-public-key': true,
      description:
        'What the key is proven with instead of a secret, which there is none then: requests are signed with its ' +
        'private half.',
      examples: [examplePem],
    },
    parse: readPublicKey,
  },
  signing: {
    schema: {
      type: 'string',
      enum: signingMethods,
      description:
        'Lets the secret sign requests; for that it is kept, sealed under the pepper. Not for keys with a public key.',
      examples: ['hmac'],
    },
    parse: parseSigningMethod,
  },
  reason: {
    schema: {
      type: 'string',
      enum: revocationReasons,
      description: 'Why the key is revoked, in the words of RFC 5280.',
      examples: ['keyCompromise'],
    },
    parse: parseRevocationReason,
  },
  comment: {
    schema: {
      ...orNull(linesSchema(maxDescriptionLength)),
      description: 'Why the key is revoked, in your own words; line breaks are allowed.',
      examples: ['Found in a public repository.'],
    },
    parse: parseDescription,
  },
};
