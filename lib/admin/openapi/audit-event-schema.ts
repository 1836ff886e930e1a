import type { AuditEntry } from '../../domain/audit-entry.js';
import { keyIdPattern } from '../../domain/key-format.js';
import { auditActionNames } from '../../manage/log-conditions.js';
import { actorSchema } from './actor-schema.js';
import type { JsonSchema } from '../../domain/json-schema.js';
import { createObjectSchema, shownTime } from '../../domain/create-object-schema.js';

/** An entry of the audit log as it appears in responses. Its hashes and MAC are needed only for verification of the chain. */
const members: Readonly<
  Record<Exclude<keyof AuditEntry, 'hash' | 'mac' | 'salt' | 'personalHash'>, JsonSchema>
> = {
  sequence: { type: 'integer', minimum: 1, description: 'Incremented by every change.', examples: [17] },
  at: { ...shownTime, description: 'When it happened.' },
  action: {
    type: 'string',
    enum: auditActionNames,
    description: 'What happened.',
    examples: ['key.created'],
  },
  keyId: {
    type: ['string', 'null'],
    pattern: keyIdPattern.source,
    description: 'The key; `null` for a change of an owner.',
    examples: ['1Zq8rT3vW5xY7zAb'],
  },
  keyspace: { type: ['string', 'null'], examples: ['default'] },
  ownerId: {
    type: 'string',
    description: "The key's owner; empty for `audit.trimmed` and changes of webhooks.",
    examples: ['customer-17'],
  },
  keyVersion: {
    type: ['integer', 'null'],
    minimum: 1,
    description: 'The version of the key after the change; `null` for a change of an owner.',
    examples: [1],
  },
  ownerVersion: {
    type: 'integer',
    minimum: 0,
    description:
      "Only for a change of an owner: the version of the owner's record after it; 0 for `audit.trimmed` and changes of webhooks.",
    examples: [1],
  },
  cut: {
    type: 'object',
    properties: {
      sequence: { type: 'integer', minimum: 1 },
      hash: { type: 'string', pattern: '^[0-9a-f]{64}$' },
    },
    required: ['sequence', 'hash'],
    description: 'Only for `audit.trimmed`: the last entry that retention has removed.',
    examples: [{ sequence: 4000, hash: '9f'.repeat(32) }],
  },
  webhookId: {
    type: 'string',
    description: 'Only for a change of a webhook: its id.',
    examples: ['wh_4fZ9kUq3vW5xY7zA'],
  },
  changedFields: {
    type: 'array',
    items: { type: 'string' },
    description: 'The fields that changed.',
    examples: [['name']],
  },
  actor: {
    ...actorSchema,
    description: "The author of the change; without an id, the app's own code.",
  },
  address: {
    type: ['string', 'null'],
    description: 'The client address, as the app sees it. Owners and keys do not see that of an admin.',
    examples: ['192.0.2.7'],
  },
  requestId: {
    type: ['string', 'null'],
    description: 'The `X-Request-Id` of the request. Owners and keys do not see that of an admin.',
    examples: ['5f2c9a1e'],
  },
  erased: {
    type: 'boolean',
    const: true,
    description: 'Only where the address and the request were erased with the owner.',
    examples: [true],
  },
};

/** One entry. */
export const auditEventSchema: JsonSchema = {
  ...createObjectSchema(members),
  required: Object.keys(members).filter(
    (name) => !['ownerVersion', 'cut', 'webhookId', 'erased'].includes(name),
  ),
  description: 'One entry of the audit log.',
};
