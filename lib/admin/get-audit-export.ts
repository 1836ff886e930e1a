import type { AuditEntry } from '../domain/audit-entry.js';
import { escapeJson } from '../http/escape-json.js';
import type { Endpoint } from './endpoint.js';

/** Exports the audit log as it is stored, oldest first. */
export const getAuditExport: Endpoint = {
  operationId: 'exportAuditTrail',
  summary: 'Export the audit log as JSON lines, oldest first',
  description:
    'Each line is an entry as it is stored, with times in milliseconds, and its hash: SHA-256 over the hash of the previous ' +
    'entry (64 zeros for the first one) and the line without `hash`, `address`, `requestId`, `salt`, `erased` and ' +
    'the `memberId` and `memberName` of its actor. An owner gets the entries of its own keys. An export ' +
    'that broke off goes on after its last complete line: send the `sequence` of it as `afterSequence`, with the same filters.',
  query: ['keyId', 'ownerId', 'action', 'actor', 'memberId', 'from', 'to', 'afterSequence'],
  answers: {
    200: { description: 'The entries.', schema: 'AuditLine', mediaType: 'application/jsonl' },
  },
  problems: [],
  async handle({ audit, context, conditions }) {
    return {
      status: 200,
      headers: { 'Content-Disposition': 'attachment; filename="audit.jsonl"' },
      lines: writeLines(await audit.exportTrail(context, conditions)),
    };
  },
};

async function* writeLines(events: AsyncIterable<AuditEntry>): AsyncGenerator<string> {
  for await (const event of events) yield escapeJson(event);
}
