import type { Endpoint } from './endpoint.js';

/** Verifies the whole audit log; for admins. */
export const getAuditVerify: Endpoint = {
  operationId: 'verifyAuditTrail',
  summary: 'Verify the whole audit log',
  description:
    'Verifies every stored hash, sequence number and MAC, the end of the log, and that every key is at the version of its ' +
    'last entry. Store the `anchor` of the response outside the database and send it with the next verification: it reveals ' +
    'a log that was truncated, or restored from a backup.',
  query: ['anchor'],
  answers: { 200: { description: 'The result of the verification.', schema: 'TrailReport' } },
  problems: ['forbidden'],
  async handle({ audit, context, conditions }) {
    const report = await audit.verify(context, conditions);
    return { status: 200, body: report };
  },
};
