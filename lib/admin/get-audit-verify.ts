import { maxSentResumeLength } from '../ports/cursor-signer.js';
import type { Endpoint } from './endpoint.js';

const sentPart = { resumeLength: maxSentResumeLength };

/** Verifies the audit log, as a whole or in parts; for admins. */
export const getAuditVerify: Endpoint = {
  operationId: 'verifyAuditTrail',
  summary: 'Verify the audit log, as a whole or in parts',
  description:
    'Verifies every stored hash, sequence number and MAC, the end of the log, and that every key is at the version of its ' +
    'last entry. Store the `anchor` of the response outside the database and send it with the next verification: it reveals ' +
    'a log that was truncated, or restored from a backup.\n\n' +
    'With `maxEntries`, a request verifies a part, which takes no longer however long the log is. As long as `resume` of the response ' +
    'is not `null`, send it with the next request, and the same `anchor` and `maxEntries`; `entries` and `remaining` say how far it is. ' +
    'Only the last response says whether the whole log is valid. A part that begins before the erasures of dozens of owners goes on ' +
    'to the entries that record them.',
  query: ['anchor', 'maxEntries', 'resume'],
  answers: { 200: { description: 'The result of the verification.', schema: 'TrailReport' } },
  problems: ['forbidden'],
  async handle({ audit, context, conditions }) {
    const report = await audit.verify(context, conditions, sentPart);
    return { status: 200, body: report };
  },
};
