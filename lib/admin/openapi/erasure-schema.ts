import { createObjectSchema } from '../../domain/create-object-schema.js';
import type { JsonSchema } from '../../domain/json-schema.js';
import type { ErasedCounts, ErasureSummary, KeptData } from '../../manage/report-erasure.js';

const describeCount = (description: string): JsonSchema => ({
  type: 'integer',
  minimum: 0,
  description,
  examples: [3],
});

const removed: Readonly<Record<keyof ErasedCounts, JsonSchema>> = {
  keys: describeCount('Revoked keys whose names and other descriptive fields were erased.'),
  auditEntries: describeCount('Entries of the audit log whose address, request id and member were erased.'),
  accessEvents: describeCount('Entries of the access log that were deleted.'),
  observations: describeCount('Counts of requests that guards in observe mode would have refused, deleted.'),
  lastUsedAddresses: describeCount('Addresses that keys were last used from.'),
  refreshTokens: describeCount('Sessions and refresh tokens that were deleted.'),
};

const kept: Readonly<Record<keyof KeptData, JsonSchema>> = {
  kind: {
    type: 'string',
    enum: ['ownerId', 'keys', 'auditEntries', 'adminAddresses'],
    description: 'What stays.',
    examples: ['ownerId'],
  },
  count: {
    type: ['integer', 'null'],
    description: 'How many of them; `null` where there is nothing to count.',
  },
  reason: {
    type: 'string',
    description: 'Why it stays.',
    examples: ['The id connects keys and audit entries.'],
  },
};

const report: Readonly<Record<keyof ErasureSummary, JsonSchema>> = {
  ownerId: { type: 'string', examples: ['customer-17'] },
  revokedKeys: describeCount('Keys that were revoked by this request.'),
  removed: { ...createObjectSchema(removed), description: 'What was removed by this request.' },
  kept: { type: 'array', items: createObjectSchema(kept), description: 'What had to stay, and why.' },
};

/** What an erasure has removed, and what had to stay. */
export const erasureReportSchema: JsonSchema = {
  ...createObjectSchema(report),
  description: 'What an erasure has removed, and what had to stay.',
};
