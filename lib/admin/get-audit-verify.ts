import type { Endpoint } from './endpoint.js';

/** Checks the whole audit trail; for admins. */
export const getAuditVerify: Endpoint = {
  operationId: 'verifyAuditTrail',
  summary: 'Check the whole audit trail',
  description:
    'Checks every hash, number and MAC as they are stored, where the trail ends, and that every key is at the version of ' +
    'its last entry. Keep `anchor` of the answer away from the database and send it with the next check: it shows a trail ' +
    'that was cut, or put back from a backup.',
  query: ['anchor'],
  answers: { 200: { description: 'What was found, good or bad.', schema: 'TrailReport' } },
  problems: ['forbidden'],
  async handle({ audit, context, conditions }) {
    const report = await audit.verify(context, conditions);
    return { status: 200, body: report };
  },
};
