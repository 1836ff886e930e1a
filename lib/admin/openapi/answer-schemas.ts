import type { JsonSchema } from '../../domain/json-schema.js';
import type { FieldRules } from '../../domain/field-rules.js';
import { accessEventSchema } from './access-event-schema.js';
import { auditEventSchema } from './audit-event-schema.js';
import { createKeySchema } from './create-key-schema.js';
import { auditLineSchema, trailReportSchema } from './trail-schemas.js';
import { usageSchema } from './usage-schema.js';

/** A body of a successful answer. */
export type AnswerSchema =
  | 'Key'
  | 'KeyWithSecret'
  | 'PendingKey'
  | 'PendingKeyWithSecret'
  | 'NewSecret'
  | 'PendingNewSecret'
  | 'KeyPage'
  | 'Usage'
  | 'AuditEvent'
  | 'AuditPage'
  | 'AuditLine'
  | 'AccessEvent'
  | 'AccessPage'
  | 'TrailReport'
  | 'OpenApiDocument';

/** What each of them looks like; they become components of the document. */
export const answerSchemas: Readonly<Record<AnswerSchema, JsonSchema | ((rules: FieldRules) => JsonSchema)>> =
  {
    Key: createKeySchema,
    KeyWithSecret: (rules) => withMembers(createKeySchema(rules), { key: createTokenSchema(rules) }),
    PendingKey: (rules) => withMembers(createKeySchema(rules), { effectiveBy }),
    PendingKeyWithSecret: (rules) =>
      withMembers(createKeySchema(rules), { effectiveBy, key: createTokenSchema(rules) }),
    NewSecret: createUnionSchema('KeyWithSecret', 'Key'),
    PendingNewSecret: createUnionSchema('PendingKeyWithSecret', 'PendingKey'),
    KeyPage: createPageSchema('Key'),
    Usage: usageSchema,
    AuditEvent: auditEventSchema,
    AuditPage: createPageSchema('AuditEvent'),
    AuditLine: auditLineSchema,
    AccessEvent: accessEventSchema,
    AccessPage: createPageSchema('AccessEvent'),
    TrailReport: trailReportSchema,
    OpenApiDocument: {
      type: 'object',
      description: 'This document.',
      required: ['openapi', 'info', 'paths'],
      properties: {
        openapi: { type: 'string', pattern: '^3\\.1\\.' },
        info: { type: 'object' },
        paths: { type: 'object' },
      },
      additionalProperties: true,
    },
  };

const effectiveBy: JsonSchema = {
  type: 'string',
  format: 'date-time',
  description: 'From when every process sees the change.',
  examples: ['2026-11-21T12:00:05.000Z'],
};

function createTokenSchema({ keyspace }: FieldRules): JsonSchema {
  const { head, length } = keyspace.format;
  return {
    type: 'string',
    // Keys of all environments are as long as their head makes them.
    pattern: `^${head.slice(0, head.indexOf('_') + 1)}[0-9A-Za-z_]+$`,
    description: 'The API key itself. It is shown this once and cannot be read again.',
    examples: [`${head}${'x'.repeat(length - head.length)}`],
  };
}

/** A change that may have been repeated: only its first answer shows the secret. */
function createUnionSchema(first: AnswerSchema, repeated: AnswerSchema): JsonSchema {
  return {
    description: 'With the secret, unless the request repeats another one with its Idempotency-Key.',
    anyOf: [first, repeated].map((name) => ({ $ref: `#/components/schemas/${name}` })),
  };
}

function createPageSchema(items: AnswerSchema): JsonSchema {
  return {
    type: 'object',
    required: ['items', 'nextCursor'],
    properties: {
      items: { type: 'array', items: { $ref: `#/components/schemas/${items}` } },
      nextCursor: {
        type: ['string', 'null'],
        description:
          'Asks for the next page; `null` on the last one. With a filter, a page may have few items or none and yet be followed by others.',
        examples: [null],
      },
    },
    additionalProperties: false,
  };
}

/** An object schema with more members, all of them required. */
function withMembers(schema: JsonSchema, members: Readonly<Record<string, JsonSchema>>): JsonSchema {
  return {
    ...schema,
    required: [...(schema.required as readonly string[]), ...Object.keys(members)],
    properties: { ...(schema.properties as object), ...members },
  };
}
