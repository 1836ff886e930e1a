import type { AuditEntry } from '../../domain/audit-entry.js';
import type { TrailProblem, TrailProblemKind, TrailReport } from '../../audit/trail-report.js';
import type { JsonSchema } from '../../domain/json-schema.js';
import { auditEventSchema } from './audit-event-schema.js';
import { createObjectSchema } from '../../domain/create-object-schema.js';

/** A description of each problem kind; a record, so that the compiler finds a missing one. */
const problemKinds: Readonly<Record<TrailProblemKind, string>> = {
  missing_entry: 'Sequence numbers are missing.',
  broken_chain: 'The hash does not match the bytes and the previous entry.',
  wrong_entry: 'The bytes are not an entry, or are one with a different sequence number.',
  wrong_copy: 'The indexed columns of the entry do not match its bytes.',
  wrong_personal: 'The personal part of the entry is not the one that was written with it.',
  missing_personal:
    'The personal part of the entry is missing, and no later entry records an erasure of its owner.',
  wrong_mac: 'The MAC is invalid: the entry was written without knowledge of the pepper.',
  missing_mac: 'There is no MAC, although an earlier entry has one.',
  unvouched_entries:
    'From this entry on, some entries have no MAC that can be verified, and no anchor after them.',
  wrong_start: 'Entries before this one are missing, and no entry records that retention removed them.',
  wrong_head: 'The log does not end where its head says it does.',
  wrong_anchor: 'The log does not contain the anchor.',
  anchor_trimmed: 'The anchor is older than the oldest kept entry: retention removed what it names.',
  wrong_key_version: 'A key is not at the version of its last entry.',
};

const problem: Readonly<Record<keyof TrailProblem, JsonSchema>> = {
  kind: {
    type: 'string',
    enum: Object.keys(problemKinds),
    description: Object.entries(problemKinds)
      .map(([kind, sentence]) => `\`${kind}\`: ${sentence}`)
      .join(' '),
    examples: ['broken_chain'],
  },
  sequence: { type: ['integer', 'null'], description: 'The number of the entry.', examples: [17] },
  keyId: { type: ['string', 'null'], description: 'The key that the problem concerns.', examples: [null] },
};

const report: Readonly<Record<keyof TrailReport, JsonSchema>> = {
  valid: { type: 'boolean', description: 'Whether no problems were found.', examples: [true] },
  entries: {
    type: 'integer',
    minimum: 0,
    description: 'Number of entries that were verified, in all parts so far.',
    examples: [1204],
  },
  keys: {
    type: 'integer',
    minimum: 0,
    description: 'Number of keys that were compared with their last entry.',
    examples: [88],
  },
  unsealed: {
    type: 'integer',
    minimum: 0,
    description: 'Number of entries without a MAC.',
    examples: [0],
  },
  unknownPeppers: {
    type: 'integer',
    minimum: 0,
    description: 'Number of entries with a MAC under a pepper that is not configured.',
    examples: [0],
  },
  erased: {
    type: 'integer',
    minimum: 0,
    description: 'Number of entries whose personal part was erased with their owner.',
    examples: [0],
  },
  trimmed: {
    type: ['object', 'null'],
    properties: {
      sequence: { type: 'integer', minimum: 1, description: 'The last entry that was removed.' },
      at: { type: 'string', format: 'date-time', description: 'When that was decided.' },
    },
    required: ['sequence', 'at'],
    description: 'What retention has removed; the log is verified from the next entry on. `null`: nothing.',
    examples: [null],
  },
  problems: {
    type: 'array',
    items: createObjectSchema(problem),
    description: 'The first 100 problems of this part.',
  },
  problemCount: {
    type: 'integer',
    minimum: 0,
    description: 'Total number of problems, those of earlier parts included.',
    examples: [0],
  },
  anchor: {
    type: ['string', 'null'],
    description: 'For the next verification; `null` if there are problems, or a part is left.',
    examples: [`1204.${'9f'.repeat(32)}`],
  },
  remaining: {
    type: 'integer',
    minimum: 0,
    description: 'Number of entries that are left to verify.',
    examples: [0],
  },
  resume: {
    type: ['string', 'null'],
    description: 'For the next part; `null` if the verification is complete.',
    examples: [null],
  },
};

/** The result of a verification. */
export const trailReportSchema: JsonSchema = {
  ...createObjectSchema(report),
  description: 'The result of verifying the audit log.',
};

const { at: _shown, ...entry } = auditEventSchema.properties as Readonly<
  Record<keyof AuditEntry, JsonSchema>
>;

const line = createObjectSchema({
  ...entry,
  at: { type: 'integer', description: 'Epoch milliseconds.', examples: [1_795_262_400_000] },
  personalHash: {
    type: 'string',
    pattern: '^[0-9a-f]{64}$',
    description:
      'SHA-256 over the JSON of `address`, `requestId` and `salt`; it stays when they are erased. Absent without a request.',
    examples: ['9f'.repeat(32)],
  },
  salt: {
    type: 'string',
    description: 'Missing where `address` and `requestId` were erased, or are not shown to owners and keys.',
    examples: ['kUq3vW5xY7zAb1Zq8rT3vQ'],
  },
  hash: { type: 'string', pattern: '^[0-9a-f]{64}$', examples: ['9f'.repeat(32)] },
  mac: {
    type: 'string',
    pattern: '^[0-9a-f]+\\.[0-9a-f]{64}$',
    description: 'HMAC-SHA-256 under a key derived from the pepper with this id.',
    examples: [`${'c0'.repeat(8)}.${'9f'.repeat(32)}`],
  },
});

const optionalMembers: readonly string[] = [
  'mac',
  'ownerVersion',
  'cut',
  'webhookId',
  'personalHash',
  'salt',
  'erased',
];

/** A line of the exported audit log; entries from before MACs were introduced have none. */
export const auditLineSchema: JsonSchema = {
  ...line,
  required: (line.required as readonly string[]).filter((name) => !optionalMembers.includes(name)),
  description: 'One entry of the audit log as it is stored.',
};
