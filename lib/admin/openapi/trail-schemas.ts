import type { AuditEntry } from '../../domain/audit-entry.js';
import type { TrailProblem, TrailProblemKind, TrailReport } from '../../audit/trail-report.js';
import type { JsonSchema } from '../../domain/json-schema.js';
import { auditEventSchema } from './audit-event-schema.js';
import { objectSchema } from '../../domain/object-schema.js';

/** What can be wrong, in words; written as a record so that the compiler finds a missing one. */
const problemKinds: Readonly<Record<TrailProblemKind, string>> = {
  missing_entry: 'Numbers are left out.',
  broken_chain: 'The hash is not that of the bytes and of the entry before.',
  wrong_entry: 'The bytes are no entry, or one with another number.',
  wrong_copy: 'What the entry is found by is not what its bytes say.',
  wrong_mac: 'Whoever wrote the entry did not know the pepper.',
  missing_mac: 'There is no MAC, behind an entry that has one.',
  unvouched_entries: 'From this entry on, some have no MAC that can be checked, and no anchor behind them.',
  wrong_head: 'The trail does not end where its head says.',
  wrong_anchor: 'The trail does not hold the anchor.',
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
  keyId: { type: ['string', 'null'], description: 'The key that it is about.', examples: [null] },
};

const report: Readonly<Record<keyof TrailReport, JsonSchema>> = {
  valid: { type: 'boolean', description: 'Whether nothing is wrong.', examples: [true] },
  entries: { type: 'integer', minimum: 0, description: 'Entries that were checked.', examples: [1204] },
  keys: {
    type: 'integer',
    minimum: 0,
    description: 'Keys that were compared with their last entry.',
    examples: [88],
  },
  unsealed: {
    type: 'integer',
    minimum: 0,
    description: 'Entries without a MAC.',
    examples: [0],
  },
  unknownPeppers: {
    type: 'integer',
    minimum: 0,
    description: 'Entries with a MAC under a pepper that is not configured.',
    examples: [0],
  },
  problems: { type: 'array', items: objectSchema(problem), description: 'The first 100 problems.' },
  problemCount: { type: 'integer', minimum: 0, description: 'How many problems there are.', examples: [0] },
  anchor: {
    type: ['string', 'null'],
    description: 'For the next check; `null` when something is wrong.',
    examples: [`1204.${'9f'.repeat(32)}`],
  },
};

/** What a check has found. */
export const trailReportSchema: JsonSchema = {
  ...objectSchema(report),
  description: 'What checking the audit trail has found.',
};

const { at: _shown, ...entry } = auditEventSchema.properties as Readonly<
  Record<keyof AuditEntry, JsonSchema>
>;

const line = objectSchema({
  ...entry,
  at: { type: 'integer', description: 'Epoch milliseconds.', examples: [1_795_262_400_000] },
  hash: { type: 'string', pattern: '^[0-9a-f]{64}$', examples: ['9f'.repeat(32)] },
  mac: {
    type: 'string',
    pattern: '^[0-9a-f]+\\.[0-9a-f]{64}$',
    description: 'HMAC-SHA-256 under a key made from the pepper of this id.',
    examples: [`${'c0'.repeat(8)}.${'9f'.repeat(32)}`],
  },
});

/** A line of the exported trail; entries from before there were MACs have none. */
export const auditLineSchema: JsonSchema = {
  ...line,
  required: (line.required as readonly string[]).filter((name) => name !== 'mac'),
  description: 'One entry of the audit trail as it is stored.',
};
