import type { JsonSchema } from '../../domain/json-schema.js';
import type { FieldRules } from '../../domain/field-rules.js';
import { accessEventSchema } from './access-event-schema.js';
import { auditEventSchema } from './audit-event-schema.js';
import { callerSchema } from './caller-schema.js';
import { createKeySchema } from './create-key-schema.js';
import { grantableSchema } from './grantable-schema.js';
import { erasureReportSchema } from './erasure-schema.js';
import { importReportSchema } from './import-schema.js';
import { ownerCreditsSchema, ownerSchema } from './owner-schema.js';
import { observedReportSchema } from './observed-schema.js';
import { planImpactSchema } from './plan-impact-schema.js';
import { postureSchema } from './posture-schema.js';
import { statusSchema } from './status-schema.js';
import { auditLineSchema, trailReportSchema } from './trail-schemas.js';
import { usageSchema } from './usage-schema.js';
import {
  webhookDeliverySchema,
  webhookReplaySchema,
  webhookSchema,
  webhookTestResultSchema,
  webhookWithSecretSchema,
} from './webhook-schemas.js';

/** The body of a successful response. */
export type AnswerSchema =
  | 'Key'
  | 'KeyWithSecret'
  | 'PendingKey'
  | 'PendingKeyWithSecret'
  | 'KeyPage'
  | 'PostureItem'
  | 'PosturePage'
  | 'Owner'
  | 'OwnerWithCredits'
  | 'PendingOwner'
  | 'OwnerPage'
  | 'PlanImpact'
  | 'ImportReport'
  | 'ErasureReport'
  | 'PendingErasureReport'
  | 'Usage'
  | 'Grantable'
  | 'Caller'
  | 'InstanceStatus'
  | 'AuditEvent'
  | 'AuditPage'
  | 'AuditLine'
  | 'AccessEvent'
  | 'AccessPage'
  | 'ObservedReport'
  | 'TrailReport'
  | 'Webhook'
  | 'WebhookWithSecret'
  | 'WebhookPage'
  | 'WebhookTestResult'
  | 'WebhookDelivery'
  | 'WebhookDeliveryPage'
  | 'WebhookReplay'
  | 'OpenApiDocument';

/** The schema of each body; they become components of the document. */
export const answerSchemas: Readonly<Record<AnswerSchema, JsonSchema | ((rules: FieldRules) => JsonSchema)>> =
  {
    Key: createKeySchema,
    KeyWithSecret: (rules) => withSecret(createKeySchema(rules), rules),
    PendingKey: (rules) => withMembers(createKeySchema(rules), { effectiveBy }),
    PendingKeyWithSecret: (rules) => withSecret(withMembers(createKeySchema(rules), { effectiveBy }), rules),
    KeyPage: createPageSchema('Key'),
    PostureItem: postureSchema,
    PosturePage: createPageSchema('PostureItem'),
    Owner: ownerSchema,
    OwnerWithCredits: () => withMembers(ownerSchema, { credits: ownerCreditsSchema }),
    PendingOwner: () => withMembers(ownerSchema, { effectiveBy }),
    OwnerPage: createPageSchema('Owner'),
    PlanImpact: planImpactSchema,
    ImportReport: importReportSchema,
    ErasureReport: erasureReportSchema,
    PendingErasureReport: () => withMembers(erasureReportSchema, { effectiveBy }),
    Usage: usageSchema,
    Grantable: grantableSchema,
    Caller: callerSchema,
    InstanceStatus: statusSchema,
    AuditEvent: auditEventSchema,
    AuditPage: createPageSchema('AuditEvent'),
    AuditLine: auditLineSchema,
    AccessEvent: accessEventSchema,
    AccessPage: createPageSchema('AccessEvent'),
    ObservedReport: observedReportSchema,
    TrailReport: trailReportSchema,
    Webhook: webhookSchema,
    WebhookWithSecret: webhookWithSecretSchema,
    WebhookPage: createPageSchema('Webhook'),
    WebhookTestResult: webhookTestResultSchema,
    WebhookDelivery: webhookDeliverySchema,
    WebhookDeliveryPage: createPageSchema('WebhookDelivery'),
    WebhookReplay: webhookReplaySchema,
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
  description: 'When every process sees the change at the latest.',
  examples: ['2026-11-21T12:00:05.000Z'],
};

function createTokenSchema({ keyspace }: FieldRules): JsonSchema {
  const { head, length } = keyspace.format;
  return {
    type: 'string',
    // The length of a key depends on its head, which depends on its environment.
    pattern: `^${head.slice(0, head.indexOf('_') + 1)}[0-9A-Za-z_]+$`,
    description:
      'The API key itself. It is shown only once and cannot be retrieved again: the response to a request that repeats another one with its Idempotency-Key has none, and neither has a key with a public key.',
    examples: [`${head}${'x'.repeat(length - head.length)}`],
  };
}

/**
 * Adds the secret, which a repeated request and a key with a public key do not get. Optional in one schema, and not a union of
 * two: generated clients read `key` of one type, and would have to narrow a union first.
 */
function withSecret(schema: JsonSchema, rules: FieldRules): JsonSchema {
  return { ...schema, properties: { ...(schema.properties as object), key: createTokenSchema(rules) } };
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
          'Cursor of the next page; `null` on the last one. With a filter, a page may have few items or none and still be followed by others.',
        examples: [null],
      },
    },
    additionalProperties: false,
  };
}

/** Adds members to an object schema, all of them required. */
function withMembers(schema: JsonSchema, members: Readonly<Record<string, JsonSchema>>): JsonSchema {
  return {
    ...schema,
    required: [...(schema.required as readonly string[]), ...Object.keys(members)],
    properties: { ...(schema.properties as object), ...members },
  };
}
